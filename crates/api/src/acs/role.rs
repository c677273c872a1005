//! Credentials of a role, for a task's containers or for the agent on the task's behalf.

use super::Hidden;

shapes! { "camelCase"
    /// What containers or the agent sign with.
    RoleCredentials {
        /// Names them; also the secret part of the URL that containers get them from.
        credentials_id: Hidden<String>,
        /// The access key id.
        access_key_id: String,
        /// The secret access key.
        secret_access_key: Hidden<String>,
        /// What comes with temporary credentials.
        session_token: Hidden<String>,
        /// Until when they are good, ISO 8601; containers see it as it is.
        expiration: String,
        /// The role's ARN.
        role_arn: String,
        /// What they are for.
        credential_scope: Option<String>,
    }
}
