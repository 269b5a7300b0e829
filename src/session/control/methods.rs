//! The methods that send the requests, generated from the declarations in `wire/requests`.

use serde_json::{Map, Value, json};

use super::fields::{always, object, or_null, output_file};
use super::{Call, FeedbackKind, FileEncoding, Patch, RatedPart, Rating, Sentiment, Survey};
use crate::session::options::Effort;
use crate::session::{PermissionMode, Session};
use crate::wire::RawJson;
use crate::wire::control::RequestName;
use crate::wire::message::ThinkingDisplay;
use crate::wire::replies::*;
use crate::wire::system::peers::{HoldScope, SessionClass};

/// A type with methods that send requests.
trait Sender {
    fn session(&self) -> &Session;
}

impl Sender for Session {
    fn session(&self) -> &Session {
        self
    }
}

/// Generates the groups and their methods; the clauses are explained in `wire/requests/mod.rs`.
macro_rules! methods {
    (@session { $($requests:tt)* }) => { methods! { @requests Session { $($requests)* } } };
    (@unsent { $($requests:tt)* }) => {};
    (@group $(#[$doc:meta])* $group:ident = $accessor:ident { $($requests:tt)* }) => {
        $(#[$doc])*
        #[doc = ""]
        #[doc = concat!("From [`Session::", stringify!($accessor), "`].")]
        #[derive(Clone, Copy, Debug)]
        pub struct $group<'a>(pub(super) &'a Session);

        impl Sender for $group<'_> {
            fn session(&self) -> &Session {
                self.0
            }
        }

        impl Session {
            $(#[$doc])*
            pub fn $accessor(&self) -> $group<'_> {
                $group(self)
            }
        }

        methods! { @requests $group<'_> { $($requests)* } }
    };
    (@requests $sender:ty {$(
        request $variant:ident = $subtype:literal {
            $published:ident $seen:ident $($note:literal)?;
            effect $effect:expr;
            reply $how:ident $reply:ty;
            $(
                $(#[$doc:meta])*
                $form:ident $name:ident $([$($generics:tt)*])?
                ($($arg:ident: $type:ty),* $(,)?) { $($fields:tt)* }
            )*
        }
    )*}) => {$($(
        methods! {
            @$form [$(#[$doc])*] [$sender] [$variant $subtype $published] [$how $reply]
            $name [$($($generics)*)?] ($($arg: $type),*) { $($fields)* }
        }
    )*)*};
    (@fn $($method:tt)*) => { methods! { @method [] $($method)* } };
    (@fn_if_running $($method:tt)*) => {
        methods! { @method [.only_if_running()] $($method)* }
    };
    (
        @method [$($after:tt)*] [$(#[$doc:meta])*] [$sender:ty] [$variant:ident $subtype:literal $published:ident]
        [$how:ident $reply:ty] $name:ident [$($generics:tt)*] ($($arg:ident: $type:ty),*)
        { $($field:literal: $value:expr),* $(,)? }
    ) => {
        impl $sender {
            $(#[$doc])*
            #[doc = ""]
            #[doc = concat!("Sends `", $subtype, "`", methods!(@published $published), ".")]
            pub fn $name<$($generics)*>(&self, $($arg: $type),*) -> Call<methods!(@reply $how $reply)> {
                let call = Call::new(
                    self.session(),
                    RequestName::$variant,
                    methods!(@read $how $reply),
                );
                $(let call = call.with($field, $value);)*
                call$($after)*
            }
        }
    };
    (
        @with [$(#[$doc:meta])*] [$sender:ty] [$($request:tt)*] [$how:ident $reply:ty]
        $name:ident [$($generics:tt)*] ($($arg:ident: $type:ty),*)
        { $($field:literal: $value:expr),* $(,)? }
    ) => {
        impl Call<methods!(@reply $how $reply)> {
            $(#[$doc])*
            #[doc = ""]
            #[doc = concat!("Fields:" $(, " `", $field, "`")*, ".")]
            pub fn $name<$($generics)*>(self, $($arg: $type),*) -> Self {
                let call = self;
                $(let call = call.with($field, $value);)*
                call
            }
        }
    };
    (
        @add [$(#[$doc:meta])*] [$sender:ty] [$($request:tt)*] [$how:ident $reply:ty]
        $name:ident [$($generics:tt)*] ($($arg:ident: $type:ty),*) { $field:literal: $value:expr }
    ) => {
        impl Call<methods!(@reply $how $reply)> {
            $(#[$doc])*
            #[doc = ""]
            #[doc = concat!("List: `", $field, "`.")]
            pub fn $name<$($generics)*>(self, $($arg: $type),*) -> Self {
                self.push($field, $value)
            }
        }
    };
    (@reply empty $type:ty) => { () };
    (@reply $how:ident $type:ty) => { Reply<$type> };
    (@read empty $type:ty) => { |_| () };
    (@read optional $type:ty) => { Reply::read_optional };
    (@read body $type:ty) => { Reply::read };
    (@published published) => { "" };
    (@published $other:ident) => { ", which the CLI's makers do not publish" };
    ($(
        $(#[$doc:meta])*
        $kind:ident $($group:ident = $accessor:ident)? { $($requests:tt)* }
    )*) => {
        $(methods! { @$kind $(#[$doc])* $($group = $accessor)? { $($requests)* } })*
    };
}

control_requests!(methods);

impl Session {
    /// Sends any request, by its subtype and fields. Returns `response.response` verbatim, `None`
    /// for a bare acknowledgement. A field `subtype` is omitted.
    pub fn control(&self, subtype: &str, fields: Map<String, Value>) -> Call<Option<RawJson>> {
        let call = Call::new(self, subtype, |reply| reply);
        fields
            .into_iter()
            .filter(|(field, _)| field != "subtype")
            .fold(call, |call, (field, value)| call.with(&field, value))
    }
}

#[cfg(feature = "mcp")]
impl Mcp<'_> {
    /// Registers an in-process MCP server while the session runs, replacing one of that name.
    /// Returns what [`set_servers`](Self::set_servers) needs to offer it to the CLI: its name and
    /// its configuration, with what the options say of it. `make` creates a server for each connection of the CLI; see
    /// [`mcp`](crate::session::mcp).
    ///
    /// ```
    /// # use claude_wire::mcp::rmcp::{RoleServer, Service};
    /// # async fn example<S: Service<RoleServer>>(session: claude_wire::Session, clock: fn() -> S) -> claude_wire::Result<()> {
    /// let clock = session.mcp().in_process("clock", clock);
    /// session.mcp().set_servers([clock]).await?;
    /// // ... and without it again:
    /// session.mcp().set_servers::<&str>([]).await?;
    /// session.mcp().end_in_process("clock");
    /// # Ok(()) }
    /// ```
    pub fn in_process<S>(
        &self,
        name: impl Into<String>,
        make: impl Fn() -> S + Send + Sync + 'static,
    ) -> (String, Value)
    where
        S: crate::session::mcp::rmcp::Service<crate::session::mcp::rmcp::RoleServer>,
    {
        let name = name.into();
        self.0.inner.shared.setup.handlers.mcp.insert(name.clone(), make);
        let config = self.0.inner.shared.options().tool_server_config(&name);
        (name, config)
    }

    /// Ends an in-process MCP server and unregisters it; returns whether there was one. Running
    /// calls are cancelled. The CLI is not notified: remove the server with
    /// [`set_servers`](Self::set_servers) first.
    pub fn end_in_process(&self, name: &str) -> bool {
        self.0.inner.shared.setup.handlers.mcp.remove(name)
    }
}
