"""Which operation was seen to do what, by the audit records of the server under test, and what may still be missing."""

import json
from collections import defaultdict

# Errors that every operation may answer, beside its own list.
COMMON = {
    "AccessDeniedException",
    "InvalidParameterException",
    "NotImplementedException",
    "RequestEntityTooLargeException",
    "SerializationException",
    "MethodNotAllowed",
    "IncompleteBody",
}

# Errors that an operation answers although its model does not list them, with the reason. This list only shrinks.
NOT_LISTED = {
    ("logs", operation, "ValidationException"): "AWS answers so where neither name nor identifier of the group is given, or both"
    for operation in ["DescribeLogStreams", "FilterLogEvents", "GetLogEvents", "GetLogGroupFields"]
}

# Errors that a model lists and no test reaches, with the reason. This list only shrinks: an entry that is reached fails.
NOT_REACHED = {
    ("ecs", "*", "ServerException"): "a fault of the server",
    ("ecs", "CreateCluster", "NamespaceNotFoundException"): "there is no service discovery yet",
    ("ecs", "StartTask", "NamespaceNotFoundException"): "there is no service discovery yet",
    ("ecs", "DeleteCluster", "ClusterContainsCapacityProviderException"): "no provider is of one cluster alone",
    ("ecs", "DeleteCluster", "UpdateInProgressException"): "updates of clusters are done at once",
    ("ecs", "UpdateCluster", "NamespaceNotFoundException"): "there is no service discovery yet",
    ("ecs", "UpdateClusterSettings", "UpdateInProgressException"): "updates of clusters are done at once",
    ("ecs", "PutClusterCapacityProviders", "UpdateInProgressException"): "updates of clusters are done at once",
    ("ecs", "UpdateContainerAgent", "UpdateInProgressException"): "no agent is ever updated",
    ("ecs", "RegisterTaskDefinition", "LimitExceededException"): "no quotas",
    ("ecs", "RunTask", "PlatformTaskDefinitionIncompatibilityException"): "there is one version of the platform",
    ("ecs", "RunTask", "BlockedException"): "accounts are not blocked",
    ("ecs", "CreateService", "NamespaceNotFoundException"): "there is no service discovery yet",
    ("ecs", "CreateService", "PlatformTaskDefinitionIncompatibilityException"): "there is one version of the platform",
    ("ecs", "UpdateService", "NamespaceNotFoundException"): "there is no service discovery yet",
    ("ecs", "UpdateService", "PlatformTaskDefinitionIncompatibilityException"): "there is one version of the platform",
    ("ecs", "CreateTaskSet", "NamespaceNotFoundException"): "there is no service discovery yet",
    ("ecs", "CreateTaskSet", "PlatformTaskDefinitionIncompatibilityException"): "there is one version of the platform",
    ("ecs", "DescribeServiceDeployments", "ClusterNotFoundException"): "what is not there is a failure of the answer",
    ("ecs", "DescribeServiceDeployments", "ServiceNotFoundException"): "what is not there is a failure of the answer",
    ("ecs", "DescribeServiceRevisions", "ClusterNotFoundException"): "what is not there is a failure of the answer",
    ("ecs", "DescribeServiceRevisions", "ServiceNotFoundException"): "what is not there is a failure of the answer",
    ("ecs", "CreateCapacityProvider", "LimitExceededException"): "no quotas",
    ("ecs", "CreateCapacityProvider", "UpdateInProgressException"): "updates of providers are done at once",
    ("ecs", "CreateCapacityProvider", "ClusterNotFoundException"): "no provider is of one cluster alone",
    ("ecs", "UpdateCapacityProvider", "ClusterNotFoundException"): "no provider is of one cluster alone",
    ("ecs", "DeleteCapacityProvider", "ClusterNotFoundException"): "no provider is of one cluster alone",
    ("ecs", "DeleteCapacityProvider", "UpdateInProgressException"): "updates of providers are done at once",
    ("ecs", "DeleteTaskSet", "LimitExceededException"): "no quota is about deleting",
    ("ecs", "UpdateTaskSet", "LimitExceededException"): "no quota is about changing",
    ("ecs", "RegisterDaemonTaskDefinition", "LimitExceededException"): "no quotas",
    ("ecs", "CreateDaemon", "PlatformUnknownException"): "there is one version of the platform, and it cannot be named",
    ("ecs", "UpdateDaemon", "PlatformUnknownException"): "there is one version of the platform, and it cannot be named",
    ("ecs", "DescribeDaemonDeployments", "ClusterNotFoundException"): "what is not there is a failure of the answer",
    ("ecs", "DescribeDaemonRevisions", "ClusterNotFoundException"): "what is not there is a failure of the answer",
    ("ecs", "GetTaskProtection", "ResourceNotFoundException"): "what is not there is a failure of the answer",
    ("ecs", "UpdateTaskProtection", "ResourceNotFoundException"): "what is not there is a failure of the answer",
    ("logs", "*", "ServiceUnavailableException"): "a fault of the server",
    ("logs", "*", "OperationAbortedException"): "changes are made one after the other, none is in another's way",
    ("logs", "CreateLogGroup", "LimitExceededException"): "after a million groups, as AWS documents it",
    ("logs", "GetLogGroupFields", "LimitExceededException"): "no quotas",
    ("logs", "GetLogRecord", "LimitExceededException"): "no quotas",
    ("logs", "PutLogEvents", "InvalidSequenceTokenException"): "tokens are no longer looked at, as AWS says",
    ("logs", "PutLogEvents", "DataAlreadyAcceptedException"): "tokens are no longer looked at, as AWS says",
    ("logs", "PutLogEvents", "UnrecognizedClientException"): "the door answers it, before it knows the operation",
    ("logs", "PutLogGroupDeletionProtection", "InvalidOperationException"): "it is valid for every group",
    ("logs", "PutMetricFilter", "InvalidOperationException"): "it is valid for every group",
}

# Operations whose UnsupportedFeatureException the model lists for launch types and regions: they work for every service there is.
NOT_REACHED |= {
    ("ecs", operation, "UnsupportedFeatureException"): "it works for every service"
    for operation in [
        "ContinueServiceDeployment",
        "DeleteCapacityProvider",
        "DeleteDaemon",
        "DeleteTaskSet",
        "DescribeCapacityProviders",
        "DescribeDaemon",
        "DescribeDaemonDeployments",
        "DescribeDaemonRevisions",
        "DescribeServiceDeployments",
        "DescribeServiceRevisions",
        "DescribeTaskSets",
        "GetTaskProtection",
        "ListDaemonDeployments",
        "ListDaemons",
        "ListServiceDeployments",
        "StopServiceDeployment",
        "UpdateServicePrimaryTaskSet",
        "UpdateTaskProtection",
        "UpdateTaskSet",
    ]
}

# Operations that never succeed, with the reason.
NEVER_ALLOWED = {
    ("ecs", "UpdateContainerAgent"): "no agent is ever out of date",
    ("ecs", "ListServicesByNamespace"): "there are no namespaces yet",
    ("logs", "DeleteSubscriptionFilter"): "there are none",
}

# What a node does by itself, so that its key may.
OF_NODES = {("logs", "CreateLogGroup"), ("logs", "CreateLogStream"), ("logs", "PutLogEvents")}

# Operations whose ClientException the model lists for causes that AWS answers otherwise.
WITHOUT_CLIENT_EXCEPTION = {
    "ContinueServiceDeployment",
    "CreateCluster",
    "DeleteAccountSetting",
    "DeleteAttributes",
    "DeleteCluster",
    "DeleteDaemon",
    "DeleteService",
    "DeleteTaskDefinitions",
    "DeleteTaskSet",
    "DeregisterContainerInstance",
    "DescribeCapacityProviders",
    "DescribeClusters",
    "DescribeContainerInstances",
    "DescribeDaemon",
    "DescribeDaemonDeployments",
    "DescribeDaemonRevisions",
    "DescribeServiceDeployments",
    "DescribeServiceRevisions",
    "DescribeServices",
    "DescribeTaskSets",
    "DescribeTasks",
    "DiscoverPollEndpoint",
    "GetTaskProtection",
    "ListAccountSettings",
    "ListAttributes",
    "ListClusters",
    "ListContainerInstances",
    "ListDaemonDeployments",
    "ListDaemons",
    "ListServiceDeployments",
    "ListServices",
    "ListServicesByNamespace",
    "ListTagsForResource",
    "ListTaskDefinitionFamilies",
    "ListTaskDefinitions",
    "ListTasks",
    "PutAccountSetting",
    "PutAccountSettingDefault",
    "PutAttributes",
    "PutClusterCapacityProviders",
    "StopServiceDeployment",
    "StopTask",
    "SubmitAttachmentStateChanges",
    "SubmitContainerStateChange",
    "SubmitTaskStateChange",
    "TagResource",
    "UntagResource",
    "UpdateCapacityProvider",
    "UpdateCluster",
    "UpdateClusterSettings",
    "UpdateContainerAgent",
    "UpdateContainerInstancesState",
    "UpdateServicePrimaryTaskSet",
    "UpdateTaskProtection",
    "UpdateTaskSet",
}
NOT_REACHED |= {
    ("ecs", operation, "ClientException"): "what is wrong with a call is an InvalidParameterException"
    for operation in WITHOUT_CLIENT_EXCEPTION
}


def is_excepted(service, operation, code):
    return (service, operation, code) in NOT_REACHED or (service, "*", code) in NOT_REACHED


class Seen:
    """What the server's audit records tell, by service, operation and caller."""

    def __init__(self, log):
        self.codes = defaultdict(set)
        self.allowed = defaultdict(set)
        self.records = []
        for line in log.read_text().splitlines():
            record = json.loads(line) if line.startswith("{") else {}
            if record.get("target") == "audit":
                self.records.append(record)
                if "operation" in record:
                    self.add(record)

    def add(self, record):
        operation = (record["service"], record["operation"])
        who = "node" if "/node/" in record.get("caller", "") else "root"
        if "error" in record:
            self.codes[operation].add((who, record["error"]))
        else:
            self.allowed[operation].add(who)

    def errors(self, service, operation):
        return {code for _, code in self.codes[service, operation]}
