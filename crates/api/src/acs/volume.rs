//! Volumes as agents get them.

use std::collections::BTreeMap;

shapes! { "camelCase"
    /// A volume.
    Volume {
        /// Its name.
        name: String,
        /// `host` where nothing is said; `docker`, `efs`, `fsxWindowsFileServer`, `ebs`, `logDriverOutput`, `attachment`.
        r#type: Option<String>,
        /// For `host`.
        host: Option<HostVolume>,
        /// For `docker`.
        docker_volume_configuration: Option<DockerVolume>,
        /// For `efs`.
        efs_volume_configuration: Option<EfsVolume>,
        /// For `fsxWindowsFileServer`.
        fsx_windows_file_server_volume_configuration: Option<FsxVolume>,
        /// For `ebs`.
        ebs_volume_configuration: Option<EbsVolume>,
        /// For `logDriverOutput`.
        log_driver_volume_configuration: Option<LogDriverVolume>,
    }
    /// A folder of the host.
    HostVolume {
        /// Its path; an empty volume of the agent's own if none.
        source_path: Option<String>,
    }
    /// A volume of the container runtime.
    DockerVolume {
        /// `task` or `shared`.
        scope: Option<String>,
        /// Whether it is made if it is not there.
        autoprovision: Option<bool>,
        /// Its driver.
        driver: Option<String>,
        /// The driver's options.
        driver_opts: BTreeMap<String, String>,
        /// Its labels.
        labels: BTreeMap<String, String>,
    }
    /// A network file system.
    EfsVolume {
        /// Its id.
        file_system_id: String,
        /// The folder in it.
        root_directory: Option<String>,
        /// `ENABLED` or `DISABLED`.
        transit_encryption: Option<String>,
        /// The port for it.
        transit_encryption_port: Option<i64>,
        /// How access to it is granted.
        authorization_config: Option<EfsAuthorization>,
    }
    /// How access to a network file system is granted.
    EfsAuthorization {
        /// The access point's id.
        access_point_id: Option<String>,
        /// `ENABLED` or `DISABLED`.
        iam: Option<String>,
    }
    /// A Windows file system.
    FsxVolume {
        /// Its id.
        file_system_id: String,
        /// The folder in it.
        root_directory: Option<String>,
    }
    /// A block device.
    EbsVolume {
        /// Its id.
        volume_id: String,
        /// The device's name.
        device_name: Option<String>,
        /// The file system on it.
        filesystem_type: Option<String>,
        /// Whether it goes with the task.
        delete_on_termination: Option<bool>,
    }
    /// Where a log driver writes.
    LogDriverVolume {
        /// The driver.
        driver: Option<String>,
    }
}
