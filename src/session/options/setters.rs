//! The fluent setters of all options, for every type that carries [`Options`](super::Options).

/// Adds the setters to a type. `option_setters!(Options)` sets the fields of the type itself,
/// `option_setters!(SessionBuilder, options)` those of its field `options`.
macro_rules! option_setters {
    ($type:ty) => {
        $crate::session::options::option_table!(setters $type, []);
        $crate::session::options::more_setters!($type, []);
    };
    ($type:ty, $field:ident) => {
        $crate::session::options::option_table!(setters $type, [.$field]);
        $crate::session::options::more_setters!($type, [.$field]);
    };
}

/// The setters generated from the declarations.
macro_rules! setters {
    ($of:ty, $path:tt $(
        $(#[$doc:meta])+
        $field:ident: $type:ty {
            set $set:ident $(<$item:ty>)?;
            default $default:literal;
            $(argv $write:ident $($flag:literal)+;)?
            $(also $($also:literal)+;)?
            $(initialize $key:literal $(= $value:ident)?;)*
            $(claim $claim:literal $(= $claimed:ident)?;)*
            $(env $form:ident $variable:literal;)?
            $(config $name:literal $read:ident $words:literal;)*
            $(check $check:ident;)?
            $(debug $debug:ident;)?
            $(session $only:ident;)?
            index $index:ident;
        }
    )+) => {
        /// # Setters of options
        ///
        /// What is not set is left to the layer below, and finally to the CLI. Values are checked
        /// when the session starts, not by the setter. A setter of a list or a map replaces the
        /// value of an earlier call.
        impl $of {
            $($crate::session::options::setter! {
                $set $path $field ($type) [$($item)?]
                [
                    $(#[$doc])+
                    #[doc = ""]
                    $($(#[doc = concat!("Flag: `", $flag, "`.")])+)?
                    $(#[doc = concat!("Initialize field: `", $key, "`.")])*
                    $(#[doc = concat!("Variable: `", $variable, "`.")])?
                    #[doc = concat!("Default: ", $default, ".")]
                ]
            })+
        }
    };
}

/// The setters of one row of the index of `SessionBuilder`, as links.
macro_rules! index {
    ($row:ident $(
        $(#[$doc:meta])+
        $field:ident: $type:ty {
            set $set:ident $(<$item:ty>)?;
            default $default:literal;
            $(argv $write:ident $($flag:literal)+;)?
            $(also $($also:literal)+;)?
            $(initialize $key:literal $(= $value:ident)?;)*
            $(claim $claim:literal $(= $claimed:ident)?;)*
            $(env $form:ident $variable:literal;)?
            $(config $name:literal $read:ident $words:literal;)*
            $(check $check:ident;)?
            $(debug $debug:ident;)?
            $(session $only:ident;)?
            index $index:ident;
        }
    )+) => { concat!($($crate::session::options::index!(@ $row $index $set $field)),+) };
    (@ $row:ident $index:ident none $field:ident) => { "" };
    (@ $row:ident $index:ident flags $field:ident) => { "" };
    (@ place place $set:ident $field:ident) => { $crate::session::options::index!(@@ $field) };
    (@ model model $set:ident $field:ident) => { $crate::session::options::index!(@@ $field) };
    (@ permission permission $set:ident $field:ident) => { $crate::session::options::index!(@@ $field) };
    (@ limits limits $set:ident $field:ident) => { $crate::session::options::index!(@@ $field) };
    (@ time time $set:ident $field:ident) => { $crate::session::options::index!(@@ $field) };
    (@ output output $set:ident $field:ident) => { $crate::session::options::index!(@@ $field) };
    (@ conversation conversation $set:ident $field:ident) => { $crate::session::options::index!(@@ $field) };
    (@ servers servers $set:ident $field:ident) => { $crate::session::options::index!(@@ $field) };
    (@ settings settings $set:ident $field:ident) => { $crate::session::options::index!(@@ $field) };
    (@ diagnosis diagnosis $set:ident $field:ident) => { $crate::session::options::index!(@@ $field) };
    (@ $row:ident $index:ident $set:ident $field:ident) => { "" };
    (@@ $field:ident) => { concat!("[`", stringify!($field), "`](Self::", stringify!($field), "), ") };
}

/// One setter, by its kind.
macro_rules! setter {
    (none $path:tt $field:ident ($type:ty) [] $docs:tt) => {};
    (into [$($path:tt)*] $field:ident ($type:ty) [] [$($docs:tt)*]) => {
        $($docs)*
        pub fn $field(mut self, $field: impl Into<$type>) -> Self {
            self $($path)* .$field = Some($field.into());
            self
        }
    };
    (as_is [$($path:tt)*] $field:ident ($type:ty) [] [$($docs:tt)*]) => {
        $($docs)*
        pub fn $field(mut self, $field: $type) -> Self {
            self $($path)* .$field = Some($field);
            self
        }
    };
    (switch [$($path:tt)*] $field:ident ($type:ty) [] [$($docs:tt)*]) => {
        $($docs)*
        pub fn $field(mut self, on: bool) -> Self {
            self $($path)* .$field = Some(on);
            self
        }
    };
    (push [$($path:tt)*] $field:ident ($type:ty) [$item:ty] [$($docs:tt)*]) => {
        $($docs)*
        pub fn $field(mut self, item: impl Into<$item>) -> Self {
            self $($path)* .$field.get_or_insert_default().push(item.into());
            self
        }
    };
    (flags [$($path:tt)*] $field:ident ($type:ty) [] [$($docs:tt)*]) => {
        /// Adds a flag without an option here, with its value: `--name value`. The name is given
        /// without dashes. A flag that an option covers is rejected.
        pub fn extra_arg(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
            let argument = (name.into(), Some(value.into()));
            self $($path)* .$field.get_or_insert_default().push(argument);
            self
        }

        /// Adds a flag without an option here that takes no value: `--name`.
        pub fn extra_flag(mut self, name: impl Into<String>) -> Self {
            self $($path)* .$field.get_or_insert_default().push((name.into(), None));
            self
        }
    };
    (list [$($path:tt)*] $field:ident ($type:ty) [$item:ty] [$($docs:tt)*]) => {
        $($docs)*
        pub fn $field(mut self, items: impl IntoIterator<Item = impl Into<$item>>) -> Self {
            self $($path)* .$field = Some(items.into_iter().map(Into::into).collect());
            self
        }
    };
    (map [$($path:tt)*] $field:ident ($type:ty) [$item:ty] [$($docs:tt)*]) => {
        $($docs)*
        pub fn $field(
            mut self,
            entries: impl IntoIterator<Item = (impl Into<String>, impl Into<$item>)>,
        ) -> Self {
            let entries = entries.into_iter().map(|(key, value)| (key.into(), value.into()));
            self $($path)* .$field = Some(entries.collect());
            self
        }
    };
    (map_of [$($path:tt)*] $field:ident ($type:ty) [$item:ty] [$($docs:tt)*]) => {
        $($docs)*
        pub fn $field(
            mut self,
            entries: impl IntoIterator<Item = (impl Into<String>, $item)>,
        ) -> Self {
            let entries = entries.into_iter().map(|(key, value)| (key.into(), value));
            self $($path)* .$field = Some(entries.collect());
            self
        }
    };
}

/// The setters that add one item to a list or a map, or take another form than their field.
macro_rules! more_setters {
    ($of:ty, [$($path:tt)*]) => {
        /// # Setters for one item, and in other forms
        impl $of {
            /// Sets the prompt that replaces the CLI's own: see the field `system_prompt`.
            pub fn system_prompt(mut self, text: impl Into<String>) -> Self {
                let prompt = $crate::session::options::SystemPrompt::Text(text.into());
                self $($path)* .system_prompt = Some(prompt);
                self
            }

            /// Sets the blocks of the prompt that replaces the CLI's own. They replace the value of
            /// `system_prompt`. The block
            /// [`SYSTEM_PROMPT_DYNAMIC_BOUNDARY`]($crate::session::options::SYSTEM_PROMPT_DYNAMIC_BOUNDARY)
            /// divides what may be cached for all sessions from what belongs to one.
            pub fn system_prompt_blocks<T: Into<String>>(
                mut self,
                blocks: impl IntoIterator<Item = T>,
            ) -> Self {
                let blocks = blocks.into_iter().map(Into::into).collect();
                let prompt = $crate::session::options::SystemPrompt::Blocks(blocks);
                self $($path)* .system_prompt = Some(prompt);
                self
            }

            /// Sets a text that is appended to the CLI's own prompt. It replaces the value of
            /// `system_prompt`.
            pub fn append_system_prompt(mut self, text: impl Into<String>) -> Self {
                let prompt = $crate::session::options::SystemPrompt::Append(text.into());
                self $($path)* .system_prompt = Some(prompt);
                self
            }

            /// Sets a file with the prompt that replaces the CLI's own. It replaces the value of
            /// `system_prompt`. A relative path starts at the child's `cwd`.
            pub fn system_prompt_file(mut self, path: impl Into<::std::path::PathBuf>) -> Self {
                let prompt = $crate::session::options::SystemPrompt::File(path.into());
                self $($path)* .system_prompt = Some(prompt);
                self
            }

            /// Adds a directory that the tools may use in addition to `cwd`: `--add-dir`.
            pub fn add_dir(mut self, path: impl Into<::std::path::PathBuf>) -> Self {
                self $($path)* .add_dirs.get_or_insert_default().push(path.into());
                self
            }

            /// Adds an MCP server outside this process, under a name: see the field `mcp_servers`.
            /// In-process servers are added by `tool_server`.
            pub fn external_mcp_server(
                mut self,
                name: impl Into<String>,
                server: $crate::session::options::McpServer,
            ) -> Self {
                self $($path)* .mcp_servers.get_or_insert_default().insert(name.into(), server);
                self
            }

            /// Adds a plugin: `--plugin-dir`, or `--plugin-dir-no-mcp` for one without its MCP
            /// servers.
            pub fn plugin(mut self, plugin: $crate::session::options::Plugin) -> Self {
                self $($path)* .plugins.get_or_insert_default().push(plugin);
                self
            }

            /// Removes the time limit of a turn, whatever a layer below says.
            pub fn no_timeout(self) -> Self {
                self.timeout(::std::time::Duration::MAX)
            }

            /// Removes the limit of silence, whatever a layer below says.
            pub fn no_idle_timeout(self) -> Self {
                self.idle_timeout(::std::time::Duration::MAX)
            }

            /// Adds a variable to the environment of the CLI; it overrides an inherited one.
            pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
                let env = self $($path)* .env.get_or_insert_default();
                env.insert(name.into(), Some(value.into()));
                self
            }

            /// Removes an inherited variable from the environment of the CLI.
            pub fn env_remove(mut self, name: impl Into<String>) -> Self {
                self $($path)* .env.get_or_insert_default().insert(name.into(), None);
                self
            }
        }
    };
}

pub(crate) use {index, more_setters, option_setters, setter, setters};

option_setters!(super::Options);

#[cfg(test)]
mod tests {
    #![allow(dead_code, unreachable_pub, reason = "most setters go unused here")]

    use super::super::Options;

    struct Builder<'a> {
        options: Options,
        prompt: &'a str,
    }

    option_setters!(Builder<'_>, options);

    #[test]
    fn a_type_with_a_field_of_options_has_the_same_setters() {
        let builder = Builder { options: Options::default(), prompt: "kept" };
        let builder = builder.model("opus").add_dir("/a").no_timeout().env("A", "b");
        let expected = Options::default().model("opus").add_dir("/a").no_timeout().env("A", "b");
        assert_eq!(builder.options, expected);
        assert_eq!(builder.prompt, "kept");
    }
}
