//! What is left of findings that overlap.

use std::cmp::Reverse;

use crate::kind::Found;

/// Sorts the findings and leaves each byte to one of them: to the longest, and among equals to the kind
/// that says more. Of a shorter one stays what lies outside, so that nothing that was found gets lost.
pub fn resolve(found: &mut Vec<Found>) {
    if found.len() < 2 {
        return;
    }
    found.sort_unstable_by_key(|one| (one.range.start, Reverse(one.range.end), one.kind));
    let mut kept = 0_usize;
    for at in 0..found.len() {
        let Some(mut next) = found.get(at).cloned() else { break };
        while let Some(last) = kept.checked_sub(1).and_then(|last| found.get_mut(last)) {
            if next.range.start >= last.range.end {
                break;
            }
            if next.range.end <= last.range.end {
                next.range.end = next.range.start;
                break;
            }
            if next.range.len() <= last.range.len() {
                next.range.start = last.range.end;
                break;
            }
            last.range.end = next.range.start;
            if !last.range.is_empty() {
                break;
            }
            kept -= 1;
        }
        if !next.range.is_empty()
            && let Some(place) = found.get_mut(kept)
        {
            *place = next;
            kept += 1;
        }
    }
    found.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    fn resolved(ranges: &[(usize, usize, Kind)]) -> Vec<(usize, usize, Kind)> {
        let mut found: Vec<Found> =
            ranges.iter().map(|(start, end, kind)| Found { range: *start..*end, kind: *kind }).collect();
        resolve(&mut found);
        found.into_iter().map(|one| (one.range.start, one.range.end, one.kind)).collect()
    }

    #[test]
    fn the_longest_wins_and_nothing_gets_lost() {
        use Kind::{Email, Fqdn, Ipv4, Ipv6, Mac};
        assert_eq!(resolved(&[(5, 9, Fqdn), (0, 9, Email)]), [(0, 9, Email)]);
        assert_eq!(resolved(&[(0, 9, Ipv6), (0, 9, Mac)]), [(0, 9, Mac)]);
        assert_eq!(resolved(&[(0, 5, Ipv4), (3, 12, Email)]), [(0, 3, Ipv4), (3, 12, Email)]);
        assert_eq!(resolved(&[(0, 9, Email), (7, 12, Ipv4)]), [(0, 9, Email), (9, 12, Ipv4)]);
        assert_eq!(
            resolved(&[(0, 27, Email), (20, 30, Ipv4), (25, 41, Mac)]),
            [(0, 27, Email), (27, 41, Mac)]
        );
        assert_eq!(resolved(&[(0, 3, Email), (3, 5, Ipv4)]), [(0, 3, Email), (3, 5, Ipv4)]);
    }
}
