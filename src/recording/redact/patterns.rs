//! The table of patterns that are searched for in every text.
//!
//! A row has a kind, its anchors, and what surrounds an anchor. The anchors of all rows are found
//! in one pass over a text; the rest of a row is matched only at its anchors. To add a service's
//! keys, add a line to [`PATTERNS`].

use std::ops::Range;

use super::assigned::assigned;
use super::shapes;
use super::text::Text;

/// One row.
pub(super) struct Pattern {
    pub(super) kind: &'static str,
    /// Literal texts; letters match in either case.
    pub(super) anchors: &'static [&'static str],
    pub(super) then: Then,
}

/// What an anchor needs to count as a match.
pub(super) enum Then {
    /// A key: it begins with the anchor, in exactly this case and at the start of a word, and this
    /// regular expression follows. The placeholder keeps the anchor.
    Key(&'static str),
    /// The anchor in exactly this case, and this regular expression; its first group is replaced.
    Follows(&'static str),
    /// What this function returns.
    Around(fn(&Text<'_>, Range<usize>) -> Option<Range<usize>>),
    /// The same, where there may be several places.
    Several(fn(&Text<'_>, Range<usize>) -> Vec<Range<usize>>),
    /// One place, but only in what the CLI writes.
    AroundOut(fn(&Text<'_>, Range<usize>) -> Option<Range<usize>>),
}

const fn key(anchors: &'static [&'static str], then: &'static str) -> Pattern {
    Pattern { kind: "key", anchors, then: Then::Key(then) }
}

const fn follows(
    kind: &'static str,
    anchors: &'static [&'static str],
    then: &'static str,
) -> Pattern {
    Pattern { kind, anchors, then: Then::Follows(then) }
}

const fn around(
    kind: &'static str,
    anchors: &'static [&'static str],
    find: fn(&Text<'_>, Range<usize>) -> Option<Range<usize>>,
) -> Pattern {
    Pattern { kind, anchors, then: Then::Around(find) }
}

/// All rows. If two match at the same place, the first wins.
pub(super) const PATTERNS: &[Pattern] = &[
    around("secret", &["-----BEGIN "], shapes::private_key),
    // Keys of services, by prefix. Of those that begin alike the longer comes first.
    key(
        &["sk-ant-api03-", "sk-ant-admin01-", "sk-ant-oat01-", "sk-ant-ort01-", "sk-ant-sid01-"],
        r"[\w-]+",
    ),
    key(&["sk-ant-"], r"[\w-]+"),
    key(&["sk-proj-", "sk-svcacct-", "sk-admin-", "sk-or-v1-", "sk-or-"], r"[\w-]{20,}"),
    key(&["sk-lf-", "pk-lf-"], r"[\w-]{30,}"),
    key(&["sk-"], r"[A-Za-z0-9]{32,}"),
    key(
        &[
            "gsk_", "xai-", "hf_", "npm_", "r8_", "pplx-", "nvapi-", "tvly-", "jina_", "csk-",
            "tgp_v1_", "fw_",
        ],
        r"[\w-]{28,}",
    ),
    key(
        &[
            "lsv2_pt_",
            "lsv2_sk_",
            "pcsk_",
            "phx_",
            "rpa_",
            "figd_",
            "dckr_pat_",
            "sb_secret_",
            "rubygems_",
        ],
        r"[\w-]{20,}",
    ),
    key(&["sk_live_", "sk_test_", "rk_live_", "rk_test_"], r"\w{16,}"),
    key(&["whsec_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"], r"\w{20,}"),
    key(
        &["glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "gloas-", "glsa_", "glc_"],
        r"[\w=.-]{16,}",
    ),
    key(
        &["xoxa-", "xoxb-", "xoxc-", "xoxd-", "xoxe-", "xoxp-", "xoxr-", "xoxs-", "xapp-"],
        r"[\w%-]{10,}",
    ),
    key(&["pypi-"], r"[\w-]{32,}"),
    key(&["hvs.", "hvb.", "hvr.", "ya29.", "1//0"], r"[\w.-]{20,}"),
    key(&["GOCSPX-"], r"[\w-]{20,}"),
    key(&["SG."], r"[\w.-]{40,}"),
    key(
        &["dop_v1_", "doo_v1_", "dor_v1_", "shpat_", "shpca_", "shppa_", "shpss_", "shptka_"],
        r"\w{32,}",
    ),
    key(&["AIza"], r"[\w-]{35}"),
    key(&["AKIA", "ASIA", "ABIA", "ACCA"], r"[A-Z0-9]{16,}"),
    key(
        &["lin_api_", "lin_oauth_", "ntn_", "sbp_", "pscale_tkn_", "pscale_pw_", "pscale_oauth_"],
        r"[\w.-]{32,}",
    ),
    key(
        &["sntrys_", "sntryu_", "tskey-auth-", "tskey-api-", "tskey-client-", "PMAK-", "NRAK-"],
        r"[\w+/=-]{20,}",
    ),
    key(
        &[
            "ATATT3",
            "ATCTT3",
            "ATBB",
            "dp.pt.",
            "dp.st.",
            "dp.ct.",
            "dp.sa.",
            "ops_ey",
            "xkeysib-",
            "xsmtpsib-",
        ],
        r"[\w.=-]{24,}",
    ),
    key(
        &[
            "pat-na1-",
            "pat-eu1-",
            "sq0atp-",
            "sq0csp-",
            "EAAAE",
            "rzp_live_",
            "rzp_test_",
            "sk_prod_",
        ],
        r"[\w-]{14,}",
    ),
    key(&["dapi", "key-", "fc-"], r"[0-9a-f]{32,}"),
    key(&["AGE-SECRET-KEY-1"], r"[A-Z0-9]{50,}"),
    follows("key", &["AccountKey=", "SharedAccessKey="], r"([\w+/]{40,}=*)"),
    // Password hashes: htpasswd, shadow.
    follows(
        "secret",
        &[
            "$1$", "$2a$", "$2b$", "$2x$", "$2y$", "$5$", "$6$", "$7$", "$y$", "$gy$", "$apr1$",
            "$argon2", "$scrypt$", "$pbkdf2",
        ],
        r"([\w./$=,+-]{20,})",
    ),
    // URLs that are secrets themselves.
    follows(
        "secret",
        &["hooks.slack.com/services/", "hooks.slack.com/workflows/"],
        r"(\w+/\w+/[\w/]+)",
    ),
    follows(
        "secret",
        &["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"],
        r"(\d+/[\w-]+)",
    ),
    follows("secret", &["api.telegram.org/bot", "api.telegram.org/file/bot"], r"(\d+:[\w-]+)"),
    follows(
        "secret",
        &["webhook.office.com/webhookb2/", "hooks.zapier.com/hooks/catch/"],
        r"([\w@./-]{12,})",
    ),
    follows(
        "secret",
        &["gh secret set "],
        r#"[^\n]*?(?:--body|-b)[= ]+[\x00"']*([^\s"'\x00$<-][^\s"'\x00]*)"#,
    ),
    around("token", &["Bearer ", "Basic "], shapes::token_after_scheme),
    around("token", &["eyJ"], shapes::web_token),
    around("secret", &["://"], shapes::password_in_url),
    around(
        "secret",
        &["0:", "1:", "2:", "3:", "4:", "5:", "6:", "7:", "8:", "9:", "*:"],
        shapes::pgpass,
    ),
    around(
        "secret",
        &["mysql", "mariadb", "mongo", "sshpass", "curl", "redis-cli", "ldap", "login"],
        shapes::password_of_command,
    ),
    // Last words of names; `names` says which names they end.
    Pattern {
        kind: "secret",
        anchors: &[
            "password",
            "passwd",
            "passphrase",
            "passcode",
            "pass",
            "pwd",
            "secret",
            "token",
            "key",
            "authorization",
            "auth",
            "cookie",
            "credential",
            "credentials",
            "pat",
            "jwt",
            "bearer",
            "sid",
            "key_id",
            "key-data",
            "key_data",
            "keydata",
            "key_base",
            "key-base",
            "keybase",
            "custom_headers",
            "sig",
            "signature",
            "code",
            "state",
            "access",
        ],
        then: Then::Several(assigned),
    },
    around("account", &["accountUuid"], shapes::quoted_value),
    around("organization", &["organizationUuid", "organizationName"], shapes::quoted_value),
    around("email", &["@"], shapes::email),
    around("user", &["/home/", "/Users/", "-home-", "-Users-"], shapes::user),
    around("user", &["Users"], shapes::user_on_drive),
    around("host", &["10.", "172.", "192.168.", "169.254.", "100."], shapes::private_address),
    around(
        "host",
        &[
            ".corp",
            ".home.arpa",
            ".internal",
            ".intranet",
            ".lan",
            ".local",
            ".localdomain",
            ".private",
        ],
        shapes::private_host,
    ),
    // The CLI's own notes to the model, after a tool's output.
    Pattern {
        kind: "text",
        anchors: &[
            "This tool's input schema was not in your prompt",
            "Correction to the text above: this call was stopped",
            "Session-only (not written to disk, dies when Claude exits).",
            "This sometimes happens with safe, normal conversations.",
            "You will be notified when it completes. To check interim output,",
            "[Subagent hand-back] The text below is the final report",
        ],
        then: Then::AroundOut(shapes::to_the_end),
    },
];
