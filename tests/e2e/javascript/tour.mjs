// What a program of the SDK for JavaScript does with ECS and CloudWatch Logs: prints one JSON object of what it saw.
import {
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  paginateListTasks,
  waitUntilTasksRunning,
  waitUntilTasksStopped,
} from "@aws-sdk/client-ecs";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";

const [image, group] = process.argv.slice(2);
// Endpoint, region and key come from the environment, as `berth env` prints them.
const ecs = new ECSClient({});
const logs = new CloudWatchLogsClient({});

const refused = async (promise) => promise.then(() => null, (error) => ({ name: error.name, message: error.message }));

const { taskDefinition } = await ecs.send(
  new RegisterTaskDefinitionCommand({
    family: "javascript",
    networkMode: "host",
    containerDefinitions: [
      {
        name: "main",
        image,
        command: ["count", "1000", "--every", "10"],
        memory: 64,
        logConfiguration: {
          logDriver: "awslogs",
          options: { "awslogs-group": group, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "js", "awslogs-create-group": "true" },
        },
      },
    ],
  }),
);
const run = await ecs.send(new RunTaskCommand({ taskDefinition: taskDefinition.taskDefinitionArn, count: 2 }));
const tasks = run.tasks.map((task) => task.taskArn);
const running = await waitUntilTasksRunning({ client: ecs, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { tasks });
const listed = [];
for await (const page of paginateListTasks({ client: ecs, pageSize: 1 }, { family: "javascript" })) listed.push(...page.taskArns);
const stopping = await Promise.all(tasks.map((task) => ecs.send(new StopTaskCommand({ task, reason: "seen enough" }))));
const stopped = await waitUntilTasksStopped({ client: ecs, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { tasks });
const described = await ecs.send(new DescribeTasksCommand({ tasks }));
const lines = await logs.send(new FilterLogEventsCommand({ logGroupName: group, limit: 5 }));

console.log(
  JSON.stringify({
    tasks,
    listed,
    running: running.state,
    stopped: stopped.state,
    reasons: described.tasks.map((task) => task.stoppedReason),
    createdAt: described.tasks.map((task) => task.createdAt instanceof Date),
    desired: stopping.map((answer) => answer.task.desiredStatus),
    lines: lines.events.map((event) => event.message),
    failures: (await ecs.send(new DescribeTasksCommand({ tasks: ["0".repeat(32)] }))).failures,
    noCluster: await refused(ecs.send(new DescribeTasksCommand({ cluster: "nowhere", tasks }))),
    noGroup: await refused(logs.send(new FilterLogEventsCommand({ logGroupName: "/nowhere" }))),
  }),
);
