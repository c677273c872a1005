#!/usr/bin/env bash
# The demo: a whole Berth on this machine, offline, with a task of two real containers. BERTH says which binary; `make demo` builds it.
set -euo pipefail
cd "$(dirname "$0")/.."

berth=${BERTH:?the berth binary}
aws=.venv/bin/aws
[ "$(id -u)" = 0 ] || { echo "demo: containers are made by root; run it with sudo" >&2; exit 1; }

folder=$(mktemp -d /var/tmp/berth-demo.XXXXXX)
data=$folder/data
up=
finish() {
  status=$?
  trap - EXIT INT TERM
  if [ -n "$up" ]; then
    "$berth" down --data-dir "$data" >/dev/null 2>&1 || true
    wait "$up" 2>/dev/null || true
  fi
  if [ "$status" != 0 ] && [ -s "$folder/up.log" ]; then
    echo "demo: failed; the end of Berth's log:" >&2
    tail -n 20 "$folder/up.log" >&2
  fi
  rm -rf "$folder"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

if [ -t 1 ]; then bold=$'\033[1m' plain=$'\033[0m'; else bold='' plain=''; fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
run() { printf '$ %s\n' "${*/#"$aws"/aws}" | sed "s#$berth#berth#g; s#$folder/##g"; "$@"; }

say "Berth starts: control plane and node (data in $data, gone at the end)"
"$berth" up --listen 127.0.0.1:0 --data-dir "$data" --log-level info >"$folder/up.log" 2>&1 &
up=$!
export BERTH_DATA_DIR=$data
for _ in $(seq 600); do
  kill -0 "$up" 2>/dev/null || exit 1
  if environment=$("$berth" env 2>/dev/null); then
    eval "$environment"
    if "$aws" ecs list-container-instances --query 'containerInstanceArns[0]' --output text 2>/dev/null | grep -q arn:; then break; fi
  fi
  sleep 0.05
done
export AWS_PAGER=
run "$aws" ecs describe-clusters --query 'clusters[].{cluster:clusterName,instances:registeredContainerInstancesCount}' --output table

say "An image: a static program of this project, packed as docker save would"
"$(dirname "$berth")/berth-demo" pack "$folder/demo.tar"
run "$berth" image import "$folder/demo.tar"
run "$berth" image ls

say "A task definition: 'prepare' has to succeed before 'web' starts; port 8080 of 'web' becomes one of this machine's"
log='"logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/demo","awslogs-region":"'$AWS_REGION'","awslogs-stream-prefix":"demo","awslogs-create-group":"true"}}'
cat >"$folder/web.json" <<JSON
{"family":"web","containerDefinitions":[
 {"name":"prepare","image":"berth-demo","command":["count","3"],"essential":false,"memory":32,$log},
 {"name":"web","image":"berth-demo","command":["serve","8080","--text","Hello from a container on your own machine."],"memory":64,
  "portMappings":[{"containerPort":8080}],"dependsOn":[{"containerName":"prepare","condition":"SUCCESS"}],$log}]}
JSON
run "$berth" validate "$folder/web.json"
run "$aws" ecs register-task-definition --cli-input-json "file://$folder/web.json" --query taskDefinition.taskDefinitionArn --output text

say "Run it"
task=$("$aws" ecs run-task --task-definition web --query 'tasks[0].taskArn' --output text)
echo "$task"
run "$aws" ecs wait tasks-running --tasks "$task"
run "$berth" ps

say "Its page"
port=$("$aws" ecs describe-tasks --tasks "$task" --query "tasks[0].containers[?name=='web'].networkBindings[0].hostPort" --output text)
run curl -sf "http://127.0.0.1:$port/"

say "Where the time of its launch went"
run "$berth" trace "${task##*/}"

say "Its log: both containers"
for _ in $(seq 100); do
  [ "$("$aws" logs filter-log-events --log-group-name /demo --query 'length(events)' --output text)" -ge 5 ] && break
  sleep 0.05
done
run "$aws" logs filter-log-events --log-group-name /demo --query 'events[].[logStreamName,message]' --output table

say "Stop it"
run "$aws" ecs stop-task --task "$task" --reason "the demo is over" --query 'task.{last:lastStatus,desired:desiredStatus}' --output json
run "$aws" ecs wait tasks-stopped --tasks "$task"
run "$aws" ecs describe-tasks --tasks "$task" \
  --query 'tasks[0].{status:lastStatus,why:stoppedReason,containers:containers[].{name:name,exit:exitCode}}' --output json

say "Fargate, on this machine: an address of its own, a user namespace of its own, a size that is enforced"
cat >"$folder/own.json" <<JSON
{"family":"own","requiresCompatibilities":["FARGATE"],"networkMode":"awsvpc","cpu":"256","memory":"512","containerDefinitions":[
 {"name":"web","image":"berth-demo","command":["serve","8080","--text","Hello from an address of its own."],"portMappings":[{"containerPort":8080}]}]}
JSON
run "$aws" ecs register-task-definition --cli-input-json "file://$folder/own.json" --query taskDefinition.taskDefinitionArn --output text
network="awsvpcConfiguration={subnets=[$BERTH_SUBNETS],securityGroups=[$BERTH_SECURITY_GROUP]}"
task=$("$aws" ecs run-task --task-definition own --launch-type FARGATE --network-configuration "$network" --query 'tasks[0].taskArn' --output text)
run "$aws" ecs wait tasks-running --tasks "$task"
run "$berth" inspect "${task##*/}"
address=$("$aws" ecs describe-tasks --tasks "$task" --query 'tasks[0].containers[0].networkInterfaces[0].privateIpv4Address' --output text)
run curl -sf "http://$address:8080/"
run "$aws" ecs stop-task --task "$task" --query 'task.desiredStatus' --output text

say "A service: two of 'web' are kept running"
run "$aws" ecs create-service --service-name site --task-definition web --desired-count 2 --query 'service.serviceArn' --output text
run "$berth" scale site=2
task=$("$aws" ecs list-tasks --service-name site --query 'taskArns[0]' --output text)
run "$aws" ecs stop-task --task "$task" --reason "to see it replaced" --query 'task.desiredStatus' --output text
run "$berth" scale site=2
say "A rolling deployment, never below the healthy minimum"
run "$berth" deploy site --force
run "$berth" services site
run "$aws" ecs delete-service --service site --force --query 'service.status' --output text

say "And in one line"
run "$berth" run berth-demo count 3

say "Next"
cat <<NEXT
  make install                         berth, berth-shim into /usr/local/bin
  berth up                             start it for yourself (data in /var/lib/berth)
  eval "\$(berth env)"                  point the AWS CLI, boto3 or any SDK at it
  docker save your/image | berth image import -
  berth run your/image                 or aws ecs run-task with the task definition you have
  README.md                            the tour; docs/compatibility.md says what works
NEXT
