#!/usr/bin/env bash
# Starts Berth in a folder of its own and walks through what works: a cluster, an instance, a task definition, a task and its life.
set -euo pipefail
cd "$(dirname "$0")/.."
berth=${BERTH:-target/release/berth}
aws=.venv/bin/aws
data=$(mktemp -d)
up=

finish() {
  if [ -n "$up" ]; then kill "$up" 2>/dev/null || true; wait "$up" 2>/dev/null || true; fi
  rm -rf "$data"
}
trap finish EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }
run() { printf '$ %s\n' "$*"; "$@"; }

say "Berth starts (data in $data, gone at the end)"
"$berth" up --no-agent --listen 127.0.0.1:0 --data-dir "$data" --log-level warn >"$data/up.log" 2>&1 &
up=$!
for _ in $(seq 100); do
  listen=$(sed -n 's/.*"listen": "\(.*\)".*/\1/p' "$data/run.json" 2>/dev/null || true)
  if [ -n "$listen" ] && curl -sf "http://$listen/_berth/health"; then break; fi
  kill -0 "$up" 2>/dev/null || { cat "$data/up.log" >&2; exit 1; }
  sleep 0.05
done
eval "$("$berth" env --data-dir "$data")"
export AWS_PAGER=

say "Who am I?"
run "$aws" sts get-caller-identity --output table

say "A cluster, and a machine in it (what an agent does when it starts; here by hand)"
run "$aws" ecs create-cluster --cluster-name demo --query cluster.clusterArn --output text
instance=$("$aws" ecs register-container-instance --cluster demo \
  --total-resources name=CPU,type=INTEGER,integerValue=2048 name=MEMORY,type=INTEGER,integerValue=4096 name=PORTS,type=STRINGSET,stringSetValue=22 \
  --attributes name=com.amazonaws.ecs.capability.docker-remote-api.1.18 name=com.amazonaws.ecs.capability.docker-remote-api.1.21 \
  --query containerInstance.containerInstanceArn --output text)
echo "$instance"

say "A task definition, checked as AWS checks it"
run "$aws" ecs register-task-definition --family web --container-definitions \
  '[{"name":"web","image":"nginx","memory":256,"cpu":128,"portMappings":[{"containerPort":80,"hostPort":8080}]}]' \
  --query 'taskDefinition.{arn:taskDefinitionArn,needs:requiresAttributes[].name,runsOn:compatibilities}' --output json

say "Two tasks that want the same port of one machine: one finds a place, the other is told why not"
run "$aws" ecs run-task --cluster demo --task-definition web --count 2 \
  --query '{placed:tasks[].{task:taskArn,status:lastStatus},failures:failures[].{reason:reason,detail:detail}}' --output json
task=$("$aws" ecs list-tasks --cluster demo --query 'taskArns[0]' --output text)

say "The agent reports (by hand): it runs, then it ends"
"$aws" ecs submit-task-state-change --cluster demo --task "$task" --status RUNNING --containers containerName=web,status=RUNNING >/dev/null
run "$aws" ecs wait tasks-running --cluster demo --tasks "$task"
run "$aws" ecs stop-task --cluster demo --task "$task" --reason "the demo is over" --query 'task.{last:lastStatus,desired:desiredStatus}' --output json
"$aws" ecs submit-task-state-change --cluster demo --task "$task" --status STOPPED --containers containerName=web,status=STOPPED,exitCode=0 >/dev/null
run "$aws" ecs wait tasks-stopped --cluster demo --tasks "$task"
run "$aws" ecs describe-tasks --cluster demo --tasks "$task" \
  --query 'tasks[0].{status:lastStatus,why:stoppedReason,code:stopCode,exit:containers[0].exitCode}' --output json

say "What a request cost (from /metrics)"
curl -s "http://$listen/metrics" | grep -E '^berth_requests_total' | head -5

say "Next"
cat <<NEXT
  $berth up --no-agent                 start it for yourself (data in /var/lib/berth)
  eval "\$($berth env)"                 point the AWS CLI, boto3 or any SDK at it
  aws ecs register-task-definition --cli-input-json file://your-task-definition.json
  README.md                            the tour; docs/compatibility.md says what works
NEXT
