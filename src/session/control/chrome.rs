//! The browser.

use super::Call;
use crate::session::Session;
use crate::wire::replies::Reply;
use crate::wire::replies::account::{ChromeBrowsers, ChromeChoice, ChromeStatus};

/// The browser that the CLI works in; see [`Session::chrome`]. None of these requests is declared.
#[derive(Clone, Copy, Debug)]
pub struct Chrome<'a>(pub(super) &'a Session);

impl Chrome<'_> {
    /// Whether a browser may be used and is connected (`get_chrome_dialog`).
    pub fn status(&self) -> Call<Reply<ChromeStatus>> {
        Call::new(self.0, "get_chrome_dialog", Reply::read)
    }

    /// The browsers to choose from (`get_chrome_browsers`). An error where none is connected.
    pub fn browsers(&self) -> Call<Reply<ChromeBrowsers>> {
        Call::new(self.0, "get_chrome_browsers", Reply::read)
    }

    /// Works in this browser from now on (`select_chrome_browser`).
    pub fn select(&self, device_id: &str) -> Call<Reply<ChromeChoice>> {
        Call::new(self.0, "select_chrome_browser", Reply::read_optional)
            .with("device_id", device_id)
    }
}
