//! The sandbox that commands run in.

use std::collections::BTreeMap;

open_object! {
    /// The sandbox that commands run in: the value of the option
    /// [`sandbox`](crate::SessionBuilder::sandbox), and of `sandbox` in settings.
    ///
    /// On Linux the CLI needs `bwrap` (bubblewrap) and `socat`. Where they are missing it does not
    /// start, or, if `fail_if_unavailable` is false, warns on stderr and runs commands without a
    /// sandbox. CLI 2.1.332 was seen to accept every field and to report it with the settings. It was
    /// seen to act on `enabled`, `fail_if_unavailable`, `auto_allow_bash`,
    /// `allow_unsandboxed_commands`, on `allow_write`, `deny_write` and `deny_read` of `filesystem`,
    /// and on `env_vars` of `credentials`. What the others do is what the published types say.
    ///
    /// It can be read from JSON and written as JSON, in the form of the CLI's settings;
    /// `SandboxSettings` of the TypeScript SDK.
    ///
    /// ```
    /// use claude_wire::session::options::{Options, SandboxNetwork, SandboxSettings};
    ///
    /// let sandbox = SandboxSettings::default()
    ///     .enabled(true)
    ///     .network(SandboxNetwork::default().allowed_domains(vec!["crates.io".to_owned()]));
    /// let options = Options::default().sandbox(sandbox);
    /// # options.validate()?;
    /// # Ok::<(), claude_wire::session::options::OptionError>(())
    /// ```
    #[derive(Debug)]
    pub struct SandboxSettings with setters {
        /// Whether commands run in a sandbox.
        pub enabled: Option<bool> = "enabled" seen,
        /// Whether a sandbox that is not available is an error. The option `sandbox` says yes where
        /// this is not set.
        pub fail_if_unavailable: Option<bool> = "failIfUnavailable" seen,
        /// Whether a command in the sandbox needs no permission.
        pub auto_allow_bash: Option<bool> = "autoAllowBashIfSandboxed" seen,
        /// Whether the model may ask for a command outside the sandbox.
        pub allow_unsandboxed_commands: Option<bool> = "allowUnsandboxedCommands" seen,
        /// The network in the sandbox.
        pub network: Option<SandboxNetwork> = "network" seen,
        /// The files in the sandbox.
        pub filesystem: Option<SandboxFilesystem> = "filesystem" seen,
        /// Secrets that commands must not see.
        pub credentials: Option<SandboxCredentials> = "credentials" seen,
        /// Violations that are not reported: parts of their text, by the command or `*`.
        pub ignore_violations: Option<BTreeMap<String, Vec<String>>> = "ignoreViolations" seen,
        /// Whether the sandbox may be weaker where it runs in a container without privileges.
        pub weaker_nested_sandbox: Option<bool> = "enableWeakerNestedSandbox" seen,
        /// Whether commands may make user namespaces (Linux).
        pub allow_nested_user_namespaces: Option<bool> = "allowNestedUserNamespaces" seen,
        /// Whether the isolation of the network may be weaker (macOS).
        pub weaker_network_isolation: Option<bool> = "enableWeakerNetworkIsolation" seen,
        /// Whether commands may send Apple events (macOS).
        pub allow_apple_events: Option<bool> = "allowAppleEvents" seen,
        /// Commands that run outside the sandbox, such as `docker`.
        pub excluded_commands: Option<Vec<String>> = "excludedCommands" seen,
        /// The `rg` to use.
        pub ripgrep: Option<SandboxRipgrep> = "ripgrep" seen,
        /// The path of `bwrap` (Linux).
        pub bwrap_path: Option<String> = "bwrapPath" seen,
        /// The path of `socat` (Linux).
        pub socat_path: Option<String> = "socatPath" seen,
    }
}

open_object! {
    /// The network in a sandbox (`network`).
    #[derive(Debug)]
    pub struct SandboxNetwork with setters {
        /// Domains that commands may reach.
        pub allowed_domains: Option<Vec<String>> = "allowedDomains" seen,
        /// Domains that they may not reach, even if `allowed_domains` covers them.
        pub denied_domains: Option<Vec<String>> = "deniedDomains" seen,
        /// Whether any other domain is refused without asking.
        pub strict_allowlist: Option<bool> = "strictAllowlist" seen,
        /// Whether only the administrator's `allowed_domains` count.
        pub managed_domains_only: Option<bool> = "allowManagedDomainsOnly" seen,
        /// Unix sockets that commands may use.
        pub allow_unix_sockets: Option<Vec<String>> = "allowUnixSockets" seen,
        /// Whether they may use every Unix socket.
        pub allow_all_unix_sockets: Option<bool> = "allowAllUnixSockets" seen,
        /// Whether they may listen on local ports (macOS).
        pub allow_local_binding: Option<bool> = "allowLocalBinding" seen,
        /// Mach services that they may look up (macOS).
        pub allow_mach_lookup: Option<Vec<String>> = "allowMachLookup" seen,
        /// The port of your own HTTP proxy.
        pub http_proxy_port: Option<u16> = "httpProxyPort" seen,
        /// The port of your own SOCKS5 proxy.
        pub socks_proxy_port: Option<u16> = "socksProxyPort" seen,
        /// How the CLI's proxy reads encrypted traffic.
        pub tls_terminate: Option<SandboxTls> = "tlsTerminate" seen,
    }
}

open_object! {
    /// The certificate with which the proxy of a sandbox reads encrypted traffic (`tlsTerminate`).
    #[derive(Debug)]
    pub struct SandboxTls with setters {
        /// The file of the certificate authority.
        pub ca_cert_path: Option<String> = "caCertPath" seen,
        /// The file of its key.
        pub ca_key_path: Option<String> = "caKeyPath" seen,
    }
}

open_object! {
    /// The files in a sandbox (`filesystem`).
    #[derive(Debug)]
    pub struct SandboxFilesystem with setters {
        /// Paths that commands may write to.
        pub allow_write: Option<Vec<String>> = "allowWrite" seen,
        /// Paths that they may not write to.
        pub deny_write: Option<Vec<String>> = "denyWrite" seen,
        /// Paths that they may not read.
        pub deny_read: Option<Vec<String>> = "denyRead" seen,
        /// Paths within `deny_read` that they may read.
        pub allow_read: Option<Vec<String>> = "allowRead" seen,
        /// Whether only the administrator's `allow_read` counts.
        pub managed_read_paths_only: Option<bool> = "allowManagedReadPathsOnly" seen,
        /// Whether files are not limited at all.
        pub disabled: Option<bool> = "disabled" seen,
    }
}

open_object! {
    /// Secrets that commands in a sandbox must not see (`credentials`).
    #[derive(Debug)]
    pub struct SandboxCredentials with setters {
        /// Files with secrets.
        pub files: Option<Vec<SandboxSecretFile>> = "files" seen,
        /// Variables with secrets.
        pub env_vars: Option<Vec<SandboxSecretVariable>> = "envVars" seen,
        /// Whether a secret may be put into requests that are not encrypted.
        pub allow_plaintext_inject: Option<bool> = "allowPlaintextInject" seen,
        /// Variables that are a key of AWS together.
        pub aws_pairs: Option<Vec<SandboxAwsPair>> = "awsPairs" seen,
        /// What happens to requests that are signed with a key of AWS.
        pub sigv4: Option<SandboxSigv4> = "sigv4" seen,
    }
}

open_object! {
    /// A file with a secret (an item of `files`).
    #[derive(Debug)]
    pub struct SandboxSecretFile with setters {
        /// The file.
        pub path: String = "path" required seen,
        /// What commands see of it.
        pub mode: SandboxSecretMode = "mode" required seen,
        /// Where the secret is in the file.
        pub extract: Option<String> = "extract" seen,
        /// What happens if it is not there.
        pub on_extract_no_match: Option<SandboxNoMatch> = "onExtractNoMatch" seen,
        /// The form of the secret.
        pub decode: Option<SandboxDecode> = "decode" seen,
        /// The claims of the token that are secret.
        pub mask_claims: Option<Vec<String>> = "maskClaims" seen,
        /// Whether the secret is hidden wherever the file has it.
        pub mask_duplicates: Option<bool> = "maskDuplicates" seen,
        /// The hosts whose requests get the secret.
        pub inject_hosts: Option<Vec<String>> = "injectHosts" seen,
    }
}

open_object! {
    /// A variable with a secret (an item of `envVars`).
    #[derive(Debug)]
    pub struct SandboxSecretVariable with setters {
        /// The variable.
        pub name: String = "name" required seen,
        /// What commands see of it.
        pub mode: SandboxSecretMode = "mode" required seen,
        /// Where the secret is in the value.
        pub extract: Option<String> = "extract" seen,
        /// What happens if it is not there.
        pub on_extract_no_match: Option<SandboxNoMatch> = "onExtractNoMatch" seen,
        /// The form of the secret.
        pub decode: Option<SandboxDecode> = "decode" seen,
        /// The claims of the token that are secret.
        pub mask_claims: Option<Vec<String>> = "maskClaims" seen,
        /// The hosts whose requests get the secret.
        pub inject_hosts: Option<Vec<String>> = "injectHosts" seen,
    }
}

string_enum! {
    /// What commands in a sandbox see of a secret (`mode`, CLI 2.1.332).
    pub enum SandboxSecretMode {
        /// Nothing.
        Deny = "deny",
        /// A placeholder, which becomes the secret in requests to `inject_hosts`.
        Mask = "mask",
    }
}

string_enum! {
    /// What happens if a secret is not where it should be (`onExtractNoMatch`, CLI 2.1.332).
    pub enum SandboxNoMatch {
        /// Commands see nothing of the file or variable.
        Deny = "deny",
        Error = "error",
        Warn = "warn",
    }
}

string_enum! {
    /// The form of a secret (`decode`, CLI 2.1.332).
    pub enum SandboxDecode {
        /// A JSON web token.
        Jwt = "jwt",
    }
}

open_object! {
    /// Variables that are a key of AWS together (an item of `awsPairs`).
    #[derive(Debug)]
    pub struct SandboxAwsPair with setters {
        /// The variable of the key's id.
        pub access_key_id_var: String = "accessKeyIdVar" required seen,
        /// The variable of the secret key.
        pub secret_access_key_var: String = "secretAccessKeyVar" required seen,
        /// The variable of the session token.
        pub session_token_var: Option<String> = "sessionTokenVar" seen,
    }
}

open_object! {
    /// What happens to requests that are signed with a key of AWS (`sigv4`).
    #[derive(Debug)]
    pub struct SandboxSigv4 with setters {
        /// Those with a body in signed pieces.
        pub streaming: Option<SandboxSigning> = "streaming" seen,
        /// Those whose signature is in the URL.
        pub presigned: Option<SandboxSigning> = "presigned" seen,
        /// Those with a signature for several regions.
        pub sigv4a: Option<SandboxSigning> = "sigv4a" seen,
    }
}

string_enum! {
    /// What happens to a signed request (`sigv4`, CLI 2.1.332).
    pub enum SandboxSigning {
        Deny = "deny",
        Passthrough = "passthrough",
    }
}

open_words!(SandboxSecretMode, SandboxNoMatch, SandboxDecode, SandboxSigning);

open_object! {
    /// The `rg` of a sandbox (`ripgrep`).
    #[derive(Debug)]
    pub struct SandboxRipgrep with setters {
        /// The program.
        pub command: String = "command" required seen,
        /// Its first arguments.
        pub args: Option<Vec<String>> = "args" seen,
    }
}
