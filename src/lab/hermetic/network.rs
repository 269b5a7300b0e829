//! The kernel's report on this program's network.

use std::fs;
use std::io;

use super::error::{HermeticError, Kind};

/// A snapshot of this program's network namespace (Linux, from `/proc`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Network {
    /// The names of its interfaces, whether they are up or not.
    pub interfaces: Vec<String>,
    /// How many packets and connections had no route since the namespace was created: attempts to
    /// reach the network.
    pub attempts: u64,
}

impl Network {
    /// Takes a snapshot.
    ///
    /// # Errors
    /// If `/proc` cannot be read or has another form, as on other systems than Linux.
    pub fn look() -> io::Result<Self> {
        let read = |name: &str| fs::read_to_string(format!("/proc/self/net/{name}"));
        // Absent if the kernel has no IPv6.
        let v6 = read("snmp6").unwrap_or_default();
        parse(&read("dev")?, &read("snmp")?, &v6).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "/proc/self/net has another form")
        })
    }

    /// Whether loopback is the only interface.
    pub fn is_closed(&self) -> bool {
        self.interfaces == ["lo"]
    }

    /// Takes a snapshot, and refuses an open network.
    ///
    /// # Errors
    /// If there is an interface other than loopback, or the system cannot tell.
    pub fn verify_closed() -> Result<Self, HermeticError> {
        if !cfg!(target_os = "linux") {
            return Err(HermeticError(Kind::Unsupported));
        }
        Self::look().map_err(HermeticError::io("read /proc/self/net"))?.closed()
    }

    fn closed(self) -> Result<Self, HermeticError> {
        if self.is_closed() { Ok(self) } else { Err(HermeticError(Kind::Network(self.interfaces))) }
    }
}

/// Ensures that attempts to reach the network are reported.
///
/// # Panics
/// If it is dropped after some attempts, unless the thread is already panicking.
#[derive(Debug)]
pub(super) struct Watch {
    before: Option<Network>,
}

impl Watch {
    /// Watches from here on; does nothing without a snapshot to compare with.
    pub(super) fn from(before: Option<Network>) -> Self {
        Self { before }
    }

    /// Stops watching.
    pub(super) fn end(mut self) -> Result<(), HermeticError> {
        self.look()
    }

    fn look(&mut self) -> Result<(), HermeticError> {
        let Some(before) = self.before.take() else { return Ok(()) };
        let after = Network::look().map_err(HermeticError::io("read /proc/self/net"))?;
        match after.attempts.saturating_sub(before.attempts) {
            0 => Ok(()),
            attempts => Err(HermeticError(Kind::Attempts(attempts))),
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Err(error) = self.look()
            && !std::thread::panicking()
        {
            panic!("{error}");
        }
    }
}

fn parse(dev: &str, snmp: &str, snmp6: &str) -> Option<Network> {
    // Two header lines, then `name: counters`.
    let interfaces: Option<Vec<_>> =
        dev.lines().skip(2).map(|line| Some(line.split_once(':')?.0.trim().to_owned())).collect();
    // A line of names and a line of numbers, both starting with `Ip:`.
    let mut ip = snmp.lines().filter(|line| line.starts_with("Ip:")).map(str::split_whitespace);
    let (names, numbers) = (ip.next()?, ip.next()?);
    let v4: u64 = names.zip(numbers).find(|(name, _)| *name == "OutNoRoutes")?.1.parse().ok()?;
    let v6 = snmp6.lines().map(str::split_whitespace).find_map(|mut line| match line.next() {
        Some("Ip6OutNoRoutes") => line.next()?.parse::<u64>().ok(),
        _ => None,
    });
    Some(Network { interfaces: interfaces?, attempts: v4 + v6.unwrap_or(0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEV: &str = "Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
";
    const SNMP: &str = "Ip: Forwarding DefaultTTL InReceives OutNoRoutes ReasmTimeout\nIp: 1 64 0 6 0\nIcmp: InMsgs\nIcmp: 0\n";
    const SNMP6: &str =
        "Ip6OutDiscards                  \t7\nIp6OutNoRoutes                  \t2\n";

    #[test]
    fn loopback_alone_is_closed_and_attempts_of_both_families_count() {
        let network = parse(DEV, SNMP, SNMP6).unwrap();
        assert_eq!(network, Network { interfaces: vec!["lo".into()], attempts: 8 });
        assert!(network.is_closed());
        assert_eq!(parse(DEV, SNMP, "").unwrap().attempts, 6);
    }

    #[test]
    fn another_interface_opens_it() {
        let network = parse(&format!("{DEV}  eth0: 1 2\n"), SNMP, SNMP6).unwrap();
        assert_eq!(network.interfaces, ["lo", "eth0"]);
        assert!(!network.is_closed());
        let refusal = network.closed().unwrap_err();
        assert!(refusal.is_open_network(), "{refusal}");
        assert!(
            refusal
                .to_string()
                .contains("here there are lo, eth0: start the program with unshare --net"),
            "{refusal}"
        );
        // A namespace without loopback is not known to be closed.
        assert!(!parse(&DEV[..DEV.find("    lo").unwrap()], SNMP, SNMP6).unwrap().is_closed());
    }

    #[test]
    fn what_does_not_say_is_not_taken_for_closed() {
        assert_eq!(parse(DEV, "Ip: Forwarding\nIp: 1\n", SNMP6), None);
        assert_eq!(parse(DEV, "", SNMP6), None);
        assert_eq!(parse(&format!("{DEV}garbage\n"), SNMP, SNMP6), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn an_attempt_to_leave_is_reported_once() {
        // As if the counter had been lower at the start.
        let now = Network::look().unwrap();
        if now.attempts == 0 {
            return assert!(Watch::from(Some(now)).end().is_ok());
        }
        let before = || Some(Network { attempts: now.attempts - 1, ..now.clone() });
        assert!(Watch::from(before()).end().unwrap_err().is_attempt_to_leave());
        assert!(std::panic::catch_unwind(|| drop(Watch::from(before()))).is_err());
    }
}
