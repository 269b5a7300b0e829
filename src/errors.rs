//! What the error types of all layers have in common.

/// `Debug` that shows the message: it is what a test that fails by `unwrap` or `?` prints.
macro_rules! debug_is_message {
    ($type:ident) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($type), "({})"), self)
            }
        }
    };
}
