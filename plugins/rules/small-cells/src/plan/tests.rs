//! The plan, against an attacker who is told more than anybody could know.

use super::*;

/// Splitmix64: the same tables every time, and a failure names its own.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) % sides
    }
}

/// A table as it really is: every cell that exists, and the rows that say something about them.
struct World {
    /// Labels and true counts of all cells, listed or not.
    cells: Vec<(Vec<u32>, Vec<i64>)>,
    rows: Vec<Row>,
    /// Which true cells each row is the sum of.
    under: Vec<Vec<usize>>,
    /// Whether all cells are listed, so that the sum of the table is the sum of the world.
    complete: bool,
}

fn world(dice: &mut Dice) -> World {
    let categories = 1 + dice.roll(3) as usize;
    let labels = 2 + dice.roll(2);
    let counts = 1 + dice.roll(2) as usize;
    let most = [6, 12, 40][dice.roll(3) as usize];
    let cell_count = 1 + dice.roll(6) as usize;
    let mut cells: Vec<(Vec<u32>, Vec<i64>)> = Vec::new();
    for _ in 0..cell_count {
        let labels = (0..categories).map(|_| dice.roll(labels) as u32).collect();
        let counts = (0..counts).map(|_| dice.roll(most) as i64).collect();
        cells.push((labels, counts));
    }
    let (mut rows, mut under) = (Vec::new(), Vec::new());
    let grand = dice.roll(3) == 0;
    let mut complete = true;
    for (cell, (labels, counts)) in cells.iter().enumerate() {
        // The list may end early, where a total tells that it does.
        if grand && dice.roll(4) == 0 {
            complete = false;
            continue;
        }
        rows.push(Row { labels: labels.clone(), counts: counts.clone() });
        under.push(vec![cell]);
    }
    let mut totals: BTreeSet<Vec<u32>> = BTreeSet::new();
    if grand {
        totals.insert(vec![TOTAL; categories]);
    }
    for _ in 0..dice.roll(5) {
        let mut labels = cells[dice.roll(cells.len() as u64) as usize].0.clone();
        for label in &mut labels {
            if dice.roll(2) == 0 {
                *label = TOTAL;
            }
        }
        // A row without totals is a cell; a sum of everything only where it was decided on.
        if labels.contains(&TOTAL) && labels.iter().any(|label| *label != TOTAL) {
            totals.insert(labels);
        }
    }
    for labels in totals {
        let of: Vec<usize> = (0..cells.len()).filter(|cell| within(&cells[*cell].0, &labels)).collect();
        let sum = (0..counts).map(|count| of.iter().map(|cell| cells[*cell].1[count]).sum()).collect();
        rows.push(Row { labels, counts: sum });
        under.push(of);
    }
    World { cells, rows, under, complete }
}

/// Everything that is seen after the plan: each number as the set of true cells that it is the sum of.
fn seen(world: &World, plan: &Plan, least: i64) -> Vec<u64> {
    let set = |cells: &[usize]| cells.iter().fold(0, |set, cell| set | 1 << cell);
    let mut seen: Vec<u64> = Vec::new();
    let mut groups = vec![0; plan.groups.len()];
    for (row, fate) in plan.fates.iter().enumerate() {
        match fate {
            Fate::Shown => seen.push(set(&world.under[row])),
            Fate::Merged(group) => groups[*group] |= set(&world.under[row]),
            Fate::Hidden => {}
        }
    }
    seen.extend(groups);
    // The sum of everything is known from elsewhere, as long as that alone does not say too much.
    let sum = |count: usize| world.cells.iter().map(|(_, counts)| counts[count]).sum::<i64>();
    if world.complete && (0..world.cells[0].1.len()).map(sum).all(|sum| sum == 0 || sum >= least) {
        seen.push(set(&(0..world.cells.len()).collect::<Vec<_>>()));
    }
    seen.sort_unstable();
    seen.dedup();
    seen
}

/// Adds and subtracts what is seen in every way, and looks for the sum of some cells that is small.
fn attack(world: &World, seen: &[u64], least: i64) -> Option<(u64, i64)> {
    // What is larger would take too long; nearly all are smaller.
    if seen.len() > 9 {
        return None;
    }
    let cells = world.cells.len();
    for code in 1..3usize.pow(seen.len() as u32) {
        let mut sums = [0i64; 8];
        let mut rest = code;
        for set in seen {
            let times = [0, 1, -1][rest % 3];
            rest /= 3;
            (0..cells).filter(|cell| set >> cell & 1 == 1).for_each(|cell| sums[cell] += times);
        }
        if sums[..cells].iter().any(|sum| *sum != 0 && *sum != 1) {
            continue;
        }
        let found: Vec<usize> = (0..cells).filter(|cell| sums[*cell] == 1).collect();
        for count in 0..world.cells[0].1.len() {
            let value: i64 = found.iter().map(|cell| world.cells[*cell].1[count]).sum();
            if value > 0 && value < least && !found.is_empty() {
                return Some((found.iter().fold(0, |set, cell| set | 1 << cell), value));
            }
        }
    }
    None
}

#[test]
fn no_adding_and_subtracting_gives_a_small_count() {
    let (mut changed, mut kept, mut merged) = (0, 0, 0);
    for seed in 0..6_000 {
        let mut dice = Dice(seed);
        let world = world(&mut dice);
        let least = 2 + dice.roll(6) as i64;
        for merge in [true, false] {
            let plan = plan(&world.rows, Ask { least, merge, other: Some(0).filter(|_| seed % 2 == 0) });
            let leak = attack(&world, &seen(&world, &plan, least), least);
            assert_eq!(leak, None, "table {seed}, least {least}, merge {merge}: {:?}\n{plan:?}", world.rows);
            for group in &plan.groups {
                assert!(group.counts.iter().all(|sum| *sum == 0 || *sum >= least), "table {seed}: {group:?}");
            }
            let shown = plan.fates.iter().filter(|fate| **fate == Fate::Shown).count();
            changed += usize::from(shown < world.rows.len());
            kept += usize::from(shown > 0);
            merged += plan.groups.len();
        }
    }
    // Otherwise it would be safe and of no use, or nothing was tried.
    assert!(changed > 6_000 && kept > 6_000 && merged > 1_500, "{changed} {kept} {merged}");
}

#[test]
fn the_attacker_finds_what_a_plan_that_only_hides_small_rows_leaves() {
    let mut leaks = 0;
    for seed in 0..2_000 {
        let mut dice = Dice(seed);
        let world = world(&mut dice);
        let small = |row: &Row| row.counts.iter().any(|count| *count > 0 && *count < 5);
        let fates = world.rows.iter().map(|row| if small(row) { Fate::Hidden } else { Fate::Shown });
        let naive = Plan { fates: fates.collect(), groups: Vec::new(), crossing: 0 };
        leaks += usize::from(attack(&world, &seen(&world, &naive, 5), 5).is_some());
    }
    assert!(leaks > 200, "{leaks}");
}

fn rows(rows: &[(&[u32], i64)]) -> Vec<Row> {
    rows.iter().map(|(labels, count)| Row { labels: labels.to_vec(), counts: vec![*count] }).collect()
}

const MERGE: Ask = Ask { least: 5, merge: true, other: None };
const HIDE: Ask = Ask { least: 5, merge: false, other: None };

#[test]
fn small_cells_are_merged_where_they_are_enough_together() {
    let plan = plan(&rows(&[(&[1], 50), (&[2], 3), (&[3], 4), (&[4], 0)]), MERGE);
    assert_eq!(plan.fates, [Fate::Shown, Fate::Merged(0), Fate::Merged(0), Fate::Shown]);
    assert_eq!(plan.groups, [Group { stays: vec![false], counts: vec![7] }]);
}

#[test]
fn a_single_small_cell_takes_the_next_smallest_with_it() {
    let table = rows(&[(&[1], 50), (&[2], 3), (&[3], 20)]);
    assert_eq!(plan(&table, HIDE).fates, [Fate::Shown, Fate::Hidden, Fate::Hidden]);
    assert_eq!(plan(&table, MERGE).groups[0].counts, [23]);
}

#[test]
fn each_total_is_settled_by_itself() {
    let table = rows(&[
        (&[1, 1], 3),
        (&[1, 2], 4),
        (&[1, 3], 30),
        (&[1, TOTAL], 37),
        (&[2, 1], 10),
        (&[2, 2], 2),
        (&[2, TOTAL], 12),
        (&[TOTAL, TOTAL], 49),
    ]);
    let plan = plan(&table, MERGE);
    assert_eq!(plan.groups.iter().map(|group| group.counts[0]).collect::<Vec<_>>(), [7, 12]);
    assert!(plan.groups.iter().all(|group| group.stays == [true, false]), "{plan:?}");
    assert_eq!(plan.fates[2], Fate::Shown);
}

#[test]
fn totals_that_cut_across_are_hidden() {
    let table = rows(&[(&[1, 1], 9), (&[1, 2], 8), (&[1, TOTAL], 17), (&[2, TOTAL], 7), (&[TOTAL, 1], 9)]);
    let plan = plan(&table, MERGE);
    assert_eq!((plan.crossing, plan.fates[4]), (1, Fate::Hidden));
    assert_eq!(plan.fates[2], Fate::Shown);
}

#[test]
fn a_total_that_says_that_there_is_one_more_is_blurred() {
    // 20 less 18 are two that no row lists.
    let table = rows(&[(&[1], 10), (&[2], 8), (&[TOTAL], 20)]);
    assert_eq!(plan(&table, MERGE).fates, [Fate::Shown, Fate::Hidden, Fate::Shown]);
    // The same where the small number is itself a total, and nobody says the sum.
    let table = rows(&[(&[1, TOTAL], 3), (&[2, TOTAL], 50), (&[3, TOTAL], 60)]);
    assert_eq!(plan(&table, MERGE).fates, [Fate::Hidden, Fate::Hidden, Fate::Shown]);
}

#[test]
fn a_table_of_too_few_is_hidden_and_an_empty_one_is_no_trouble() {
    assert_eq!(plan(&rows(&[(&[1], 1), (&[2], 3)]), MERGE).fates, [Fate::Hidden, Fate::Hidden]);
    assert_eq!(plan(&rows(&[(&[], 4)]), MERGE).fates, [Fate::Hidden]);
    assert_eq!(plan(&rows(&[(&[], 5)]), MERGE).fates, [Fate::Shown]);
    assert_eq!(plan(&[], MERGE).fates, []);
}

#[test]
fn what_is_called_other_already_goes_in_with_the_rest() {
    let table = rows(&[(&[1], 50), (&[2], 3), (&[3], 4), (&[9], 20)]);
    let plan = plan(&table, Ask { other: Some(9), ..MERGE });
    assert_eq!(plan.fates[3], Fate::Merged(0));
    assert_eq!(plan.groups[0].counts, [27]);
}

#[test]
fn numbers_that_are_none_are_held_back() {
    let plan = plan(&rows(&[(&[1], -3), (&[2], i64::MAX), (&[3], i64::MAX)]), MERGE);
    assert_eq!(plan.fates[0], Fate::Merged(0));
}
