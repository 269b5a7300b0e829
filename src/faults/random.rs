//! The random numbers of a plan.

/// SplitMix64: the same seed gives the same numbers, on every machine and in every version.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// `stream` keeps the faults of a plan apart, so that one does not depend on another.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut random = Self(seed ^ stream.wrapping_mul(0xA24B_AED4_963E_E407));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 to `most`.
    pub(super) fn up_to(&mut self, most: u64) -> u64 {
        match most.checked_add(1) {
            Some(count) => self.next() % count,
            None => self.next(),
        }
    }

    /// Whether something of this probability happens.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        // 53 bits make every step of a number from 0 to 1.
        ((self.next() >> 11) as f64) < probability * (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_seed_stay_the_same() {
        let mut random = Random::new(7, 0);
        let numbers = [random.next(), random.next(), random.next()];
        assert_eq!(
            numbers,
            [309_689_372_594_955_804, 16_616_101_746_815_609_346, 10_753_165_928_301_472_203]
        );
        assert_ne!(Random::new(7, 1).next(), numbers[0]);
    }

    #[test]
    fn a_chance_comes_as_often_as_it_says() {
        for (probability, from, to) in
            [(0.0, 0, 0), (0.1, 800, 1200), (0.5, 4700, 5300), (1.0, 10_000, 10_000)]
        {
            let mut random = Random::new(1, 2);
            let hits = (0..10_000).filter(|_| random.chance(probability)).count();
            assert!((from..=to).contains(&hits), "{probability}: {hits}");
        }
        let mut random = Random::new(3, 0);
        assert!((0..1000).all(|_| random.up_to(9) < 10));
        assert_eq!(random.up_to(0), 0);
    }
}
