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

# Errors that a model lists and no test reaches, with the reason. This list only shrinks: an entry that is reached fails.
NOT_REACHED = {
    ("*", "ServerException"): "a fault of the server",
    ("CreateCluster", "NamespaceNotFoundException"): "there is no service discovery yet",
    ("StartTask", "NamespaceNotFoundException"): "there is no service discovery yet",
    ("DeleteCluster", "ClusterContainsCapacityProviderException"): "there are no own capacity providers yet",
    ("DeleteCluster", "UpdateInProgressException"): "updates of clusters are done at once",
    ("UpdateCluster", "NamespaceNotFoundException"): "there is no service discovery yet",
    ("UpdateClusterSettings", "UpdateInProgressException"): "updates of clusters are done at once",
    ("PutClusterCapacityProviders", "UpdateInProgressException"): "updates of clusters are done at once",
    ("PutClusterCapacityProviders", "ResourceInUseException"): "no task runs on Fargate yet",
    ("CreateService", "NamespaceNotFoundException"): "there is no service discovery yet",
    ("CreateService", "PlatformTaskDefinitionIncompatibilityException"): "there is one version of the platform",
    ("UpdateService", "NamespaceNotFoundException"): "there is no service discovery yet",
    ("UpdateService", "PlatformTaskDefinitionIncompatibilityException"): "there is one version of the platform",
    ("CreateTaskSet", "NamespaceNotFoundException"): "there is no service discovery yet",
    ("CreateTaskSet", "PlatformTaskDefinitionIncompatibilityException"): "there is one version of the platform",
    ("DescribeServiceDeployments", "ClusterNotFoundException"): "what is not there is a failure of the answer",
    ("DescribeServiceDeployments", "ServiceNotFoundException"): "what is not there is a failure of the answer",
    ("DescribeServiceRevisions", "ClusterNotFoundException"): "what is not there is a failure of the answer",
    ("DescribeServiceRevisions", "ServiceNotFoundException"): "what is not there is a failure of the answer",
    ("DeleteTaskSet", "LimitExceededException"): "no quota is about deleting",
    ("UpdateTaskSet", "LimitExceededException"): "no quota is about changing",
    ("GetTaskProtection", "ResourceNotFoundException"): "what is not there is a failure of the answer",
    ("UpdateTaskProtection", "ResourceNotFoundException"): "what is not there is a failure of the answer",
    ("UpdateContainerAgent", "UpdateInProgressException"): "no agent is ever updated",
    ("RegisterTaskDefinition", "LimitExceededException"): "no quotas",
    ("RunTask", "PlatformTaskDefinitionIncompatibilityException"): "there is one version of the platform",
    ("RunTask", "BlockedException"): "accounts are not blocked",
}

# Operations whose UnsupportedFeatureException the model lists for launch types and regions: they work for every service there is.
NOT_REACHED |= {
    (operation, "UnsupportedFeatureException"): "it works for every service"
    for operation in [
        "DeleteTaskSet",
        "DescribeServiceDeployments",
        "DescribeServiceRevisions",
        "DescribeTaskSets",
        "GetTaskProtection",
        "ListServiceDeployments",
        "StopServiceDeployment",
        "UpdateServicePrimaryTaskSet",
        "UpdateTaskProtection",
        "UpdateTaskSet",
    ]
}

# Operations that never succeed, with the reason.
NEVER_ALLOWED = {("ecs", "UpdateContainerAgent"): "no agent is ever out of date"}

# Operations whose ClientException the model lists for causes that AWS answers otherwise.
WITHOUT_CLIENT_EXCEPTION = {
    "CreateCluster",
    "DeleteAccountSetting",
    "DeleteAttributes",
    "DeleteCluster",
    "DeleteService",
    "DeleteTaskDefinitions",
    "DeleteTaskSet",
    "DeregisterContainerInstance",
    "DescribeClusters",
    "DescribeContainerInstances",
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
    "ListServiceDeployments",
    "ListServices",
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
    "UpdateCluster",
    "UpdateClusterSettings",
    "UpdateContainerAgent",
    "UpdateContainerInstancesState",
    "UpdateServicePrimaryTaskSet",
    "UpdateTaskProtection",
    "UpdateTaskSet",
}
NOT_REACHED |= {
    (operation, "ClientException"): "what is wrong with a call is an InvalidParameterException"
    for operation in WITHOUT_CLIENT_EXCEPTION
}


def is_excepted(operation, code):
    return (operation, code) in NOT_REACHED or ("*", code) in NOT_REACHED


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
