//! The carried state: how far each fingerprint is from the one before, in as few bytes as that takes.
//!
//! 3 bytes a device at 50,000 devices and 2 at a million, where 4 and a length would be needed otherwise.

use glasshouse_sdk::Result;

use crate::Fingerprints;

/// Begins every state, so that another version's is not taken for one, and no devices are still a state.
const VERSION: u8 = 1;

pub fn write(fingerprints: &Fingerprints) -> Vec<u8> {
    let mut state = vec![VERSION];
    let mut last = 0;
    for fingerprint in fingerprints {
        let mut distance = fingerprint - last;
        // Seven bits a byte, the lowest first; the eighth says that more follow.
        while distance >= 0x80 {
            state.push(distance as u8 | 0x80);
            distance >>= 7;
        }
        state.push(distance as u8);
        last = *fingerprint;
    }
    state
}

pub fn read(state: &[u8]) -> Result<Fingerprints> {
    fingerprints(state).map_err(|why| {
        format!("the carried state {why}; to begin anew, remove the plugin and install it again").into()
    })
}

fn fingerprints(state: &[u8]) -> Result<Fingerprints, &'static str> {
    let Some((&VERSION, mut rest)) = state.split_first() else {
        return Err("is of another version of this plugin");
    };
    let mut fingerprints = Fingerprints::new();
    let mut last = 0_u32;
    while !rest.is_empty() {
        let (distance, after) = distance(rest).ok_or("ends in the middle")?;
        let next = last.checked_add(distance).ok_or("counts too far")?;
        if !fingerprints.insert(next) {
            return Err("has a device twice");
        }
        (last, rest) = (next, after);
    }
    Ok(fingerprints)
}

/// One distance and the bytes after it.
fn distance(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let length = bytes.iter().position(|byte| byte & 0x80 == 0)? + 1;
    let (bytes, rest) = bytes.split_at(length);
    let distance = bytes.iter().rev().try_fold(0_u32, |sum, byte| {
        // More bits than 32 are no distance.
        Some(sum.checked_mul(0x80)? | u32::from(byte & 0x7f))
    })?;
    Some((distance, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(fingerprints: impl IntoIterator<Item = u32>) {
        let fingerprints: Fingerprints = fingerprints.into_iter().collect();
        assert_eq!(read(&write(&fingerprints)).unwrap(), fingerprints);
    }

    #[test]
    fn every_state_reads_back() {
        read_back([]);
        read_back([0]);
        read_back([u32::MAX]);
        for bits in [7, 14, 21, 28] {
            read_back([(1 << bits) - 1, (2 << bits) - 1, (2 << bits) + (1 << bits) - 1]);
        }
        read_back((0..50_000_u32).map(|device| device.wrapping_mul(0x9e37_79b1)));
    }

    #[test]
    fn the_largest_hierarchy_fits_the_limit_that_the_manifest_asks_for() {
        // A generator of Marsaglia's, for fingerprints that lie as if thrown.
        let mut thrown = 0x9e37_79b9_u32;
        let most: Fingerprints = std::iter::repeat_with(|| {
            thrown ^= thrown << 13;
            thrown ^= thrown >> 17;
            thrown ^= thrown << 5;
            thrown
        })
        .take(1_400_000)
        .collect();
        assert_eq!(most.len(), 1_400_000);
        let state = write(&most);
        assert!(state.len() < 4_096 * 1_024, "{}", state.len());
    }

    #[test]
    fn what_is_no_state_is_said() {
        let why = |state: &[u8]| fingerprints(state).unwrap_err();
        assert_eq!(why(b"v1\n"), "is of another version of this plugin");
        assert_eq!(why(&[]), "is of another version of this plugin");
        assert_eq!(why(&[VERSION, 0x80]), "ends in the middle");
        assert_eq!(why(&[VERSION, 0xff, 0xff, 0xff, 0xff, 0x7f]), "ends in the middle");
        assert_eq!(why(&[VERSION, 0xff, 0xff, 0xff, 0xff, 0x0f, 1]), "counts too far");
        assert_eq!(why(&[VERSION, 5, 0]), "has a device twice");
        assert_eq!(
            read(b"v1\n").unwrap_err().message(),
            "the carried state is of another version of this plugin; \
             to begin anew, remove the plugin and install it again"
        );
    }
}
