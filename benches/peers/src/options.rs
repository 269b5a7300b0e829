//! The command line.

use std::env;
use std::path::PathBuf;

use meter::Failure;

/// The fewest runs whose median is written.
const RUNS: usize = 7;

pub(crate) struct Options {
    pub(crate) sdks: Option<PathBuf>,
    pub(crate) runs: usize,
    pub(crate) is_quick: bool,
    pub(crate) is_checked: bool,
    pub(crate) is_written: bool,
    /// The names of the parts to run; all if it is empty.
    pub(crate) only: Vec<String>,
}

impl Options {
    pub(crate) fn from_arguments() -> Result<Self, Failure> {
        let mut options = Self {
            sdks: env::var_os("CLAUDE_WIRE_OFFICIAL_SDKS").map(PathBuf::from),
            runs: RUNS,
            is_quick: false,
            is_checked: false,
            is_written: false,
            only: Vec::new(),
        };
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                "--sdks" => options.sdks = Some(value()?.into()),
                "--runs" => options.runs = value()?.parse()?,
                "--only" => options.only = value()?.split(',').map(str::to_owned).collect(),
                "--quick" => (options.is_quick, options.runs) = (true, 1),
                "--check" => options.is_checked = true,
                "--write" => options.is_written = true,
                _ => return Err(format!("unknown option {argument}").into()),
            }
        }
        options.runs = options.runs.max(1);
        if options.is_written && (options.is_quick || !options.only.is_empty()) {
            return Err("--write needs a full run, without --quick and --only".into());
        }
        if options.is_written && options.runs < RUNS {
            return Err(format!("--write needs at least {RUNS} runs").into());
        }
        Ok(options)
    }
}
