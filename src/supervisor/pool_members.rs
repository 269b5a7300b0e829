//! The members of a pool, and which of them a request gets.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

/// Which of the free sessions a request gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pick {
    /// The one that has served the fewest requests.
    #[default]
    LeastBusy,
    /// Any.
    Random,
    /// One after the other.
    RoundRobin,
}

/// The sessions by number.
pub(super) struct Members {
    members: Vec<Member>,
    next: usize,
    picks: u64,
    hasher: RandomState,
}

#[derive(Clone, Copy, Default)]
struct Member {
    taken: bool,
    served: u64,
    /// Of the last key that it served.
    key: Option<u64>,
}

/// Whether a member serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readiness {
    /// It is up.
    Up,
    /// It is not, or without a login, and will be again by itself or when it is asked.
    Later,
    /// It is out of service, or a budget of it is used up.
    Out,
}

/// What a request does now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Picked {
    /// It gets this member.
    Member(usize),
    /// It waits for one that is in use, because those that are free are out of service.
    Wait,
}

impl Members {
    pub(super) fn new(size: usize, hasher: RandomState) -> Self {
        Self { members: vec![Member::default(); size], next: 0, picks: 0, hasher }
    }

    /// Takes one that is free; those that are up first, and those that are out of service only if
    /// all are, so that the request learns why.
    pub(super) fn take(&mut self, pick: Pick, key: Option<u64>, states: &[Readiness]) -> Picked {
        let serves = |number: &usize| states[*number] != Readiness::Out;
        let all = 0..self.members.len();
        let free: Vec<usize> = all.clone().filter(|number| !self.members[*number].taken).collect();
        let in_service: Vec<usize> = free.iter().copied().filter(serves).collect();
        let up = |number: &usize| states[*number] == Readiness::Up;
        let up: Vec<usize> = in_service.iter().copied().filter(up).collect();
        let candidates = match (up.is_empty(), in_service.is_empty()) {
            (false, _) => up,
            (true, false) => in_service,
            (true, true) if all.clone().any(|number| serves(&number)) => return Picked::Wait,
            (true, true) => free,
        };
        // A permit was taken, so at least one is free.
        let Some(first) = candidates.first().copied() else { return Picked::Wait };
        self.picks += 1;
        let known = key.and_then(|key| {
            candidates.iter().copied().find(|number| self.members[*number].key == Some(key))
        });
        let picked = known.unwrap_or_else(|| match pick {
            Pick::LeastBusy => {
                let served = |number: &&usize| self.members[**number].served;
                candidates.iter().min_by_key(served).copied().unwrap_or(first)
            }
            Pick::Random => {
                let at = self.hasher.hash_one(self.picks) % candidates.len() as u64;
                usize::try_from(at).map_or(first, |at| candidates[at])
            }
            Pick::RoundRobin => {
                let later = candidates.iter().copied().find(|number| *number >= self.next);
                later.unwrap_or(first)
            }
        });
        self.next = (picked + 1) % self.members.len();
        self.members[picked].taken = true;
        Picked::Member(picked)
    }

    /// The request has got this one, which was taken for it.
    pub(super) fn serve(&mut self, number: usize, key: Option<u64>) {
        if key.is_some() {
            // Only the last one that serves a key has it.
            self.members.iter_mut().filter(|member| member.key == key).for_each(|m| m.key = None);
            self.members[number].key = key;
        }
        self.members[number].served += 1;
    }

    /// Whether one of them is free and up.
    pub(super) fn is_one_free(&self, states: &[Readiness]) -> bool {
        let members = self.members.iter().zip(states);
        members.into_iter().any(|(member, state)| !member.taken && *state == Readiness::Up)
    }

    pub(super) fn give_back(&mut self, number: usize) {
        self.members[number].taken = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use Readiness::{Later, Out, Up};

    fn members(size: usize) -> Members {
        Members::new(size, RandomState::new())
    }

    #[test]
    fn one_that_is_up_comes_first_and_one_that_comes_back_before_one_that_is_out() {
        let states = [Out, Later, Up];
        let mut members = members(3);
        let mut take = || members.take(Pick::RoundRobin, None, &states);
        assert_eq!([take(), take()], [Picked::Member(2), Picked::Member(1)]);
        assert_eq!(take(), Picked::Wait);
        members.give_back(1);
        assert_eq!(members.take(Pick::LeastBusy, None, &states), Picked::Member(1));
    }

    #[test]
    fn if_all_are_out_the_request_gets_one_of_them() {
        let mut members = members(2);
        let states = [Out, Out];
        let mut taken = [(); 2].map(|()| members.take(Pick::LeastBusy, Some(7), &states));
        taken.sort_by_key(|taken| format!("{taken:?}"));
        assert_eq!(taken, [Picked::Member(0), Picked::Member(1)]);
    }

    /// Whatever the order in which they are given back.
    #[test]
    fn of_several_that_served_a_key_the_last_one_is_picked() {
        let take = |members: &mut Members, pick, key| {
            let states = vec![Up; members.members.len()];
            match members.take(pick, Some(key), &states) {
                Picked::Member(number) => {
                    members.serve(number, Some(key));
                    number
                }
                Picked::Wait => panic!("none is free"),
            }
        };
        for pick in [Pick::LeastBusy, Pick::RoundRobin, Pick::Random] {
            for (size, serving, reversed) in
                [(2, 2, false), (2, 2, true), (4, 2, false), (4, 3, true), (4, 4, false)]
            {
                let case = format!("{pick:?} {size} {serving} {reversed}");
                let mut members = members(size);
                let mut used: Vec<_> = (0..serving).map(|_| take(&mut members, pick, 7)).collect();
                let last = used[serving - 1];
                if reversed {
                    used.reverse();
                }
                used.into_iter().for_each(|number| members.give_back(number));
                for _ in 0..3 {
                    assert_eq!(take(&mut members, pick, 7), last, "{case}");
                    members.give_back(last);
                }
                // While that one is in use, another one serves the key, and is the last one then.
                assert_eq!(take(&mut members, pick, 7), last, "{case}");
                let next = take(&mut members, pick, 7);
                members.give_back(next);
                members.give_back(last);
                assert_eq!(take(&mut members, pick, 7), next, "{case}");
                members.give_back(next);
            }
        }
    }

    /// Each member is picked about as often as the others, and not in turn.
    #[test]
    fn any_means_any() {
        const PICKS: usize = 3000;
        let mut members = members(3);
        let mut counts = [0_usize; 3];
        let mut pairs = std::collections::BTreeMap::<(usize, usize), usize>::new();
        let mut last = 0;
        for _ in 0..PICKS {
            let Picked::Member(number) = members.take(Pick::Random, None, &[Up; 3]) else {
                panic!("none is free")
            };
            members.give_back(number);
            counts[number] += 1;
            *pairs.entry((last, number)).or_default() += 1;
            last = number;
        }
        // Seven standard deviations.
        let near =
            |count: usize, expected: f64| (count as f64 - expected).abs() < 7.0 * expected.sqrt();
        assert!(counts.iter().all(|count| near(*count, PICKS as f64 / 3.0)), "{counts:?}");
        assert_eq!(pairs.len(), 9, "{pairs:?}");
        assert!(pairs.values().all(|count| near(*count, PICKS as f64 / 9.0)), "{pairs:?}");
    }
}
