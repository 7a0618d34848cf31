//! What becomes of each row of a table of counts, so that no count below `least` is seen or follows
//! by subtraction. No columns here, only labels and numbers.
//!
//! A row is either a cell or a total: one of its labels says "Total", and it is the sum of all cells
//! that share its other labels. The totals that are kept form a tree, with the sum of everything, which
//! is always taken to be known, at its root. So each cell belongs to one innermost total, and all that
//! can be had by adding and subtracting are sums of whole *remainders*: what a total has, less what is
//! shown directly under it. That is what is kept at 0 or at `least` and more, total by total: first the
//! small cells are held back, then the smallest of the others with them, until they are enough together;
//! where a total's own cells are not enough, the smallest total below it is held back too.

use std::collections::{BTreeMap, BTreeSet, HashMap};

#[cfg(test)]
mod tests;

/// The label of a row that is the sum over all others.
pub const TOTAL: u32 = u32::MAX;

/// A row as the plan sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// One label for each of the table's categories.
    pub labels: Vec<u32>,
    /// How many of whatever is counted, for each of the table's counts. Nothing known counts as 0.
    pub counts: Vec<i64>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// The smallest count that may be seen, besides 0.
    pub least: i64,
    /// Whether cells that are held back are shown together; otherwise they are gone.
    pub merge: bool,
    /// The label of what is shown together, where the table has it already: then it goes in with the rest.
    pub other: Option<u32>,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is shown as it is.
    Shown,
    /// It is not shown, and nothing of it is.
    Hidden,
    /// It is shown together with the others of the group of that number.
    Merged(usize),
}

/// Rows that are shown together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// For each category whether its label stays: it is the same for all of the group.
    pub stays: Vec<bool>,
    /// The sums.
    pub counts: Vec<i64>,
}

/// What becomes of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// One for each row.
    pub fates: Vec<Fate>,
    /// The groups that rows were merged into.
    pub groups: Vec<Group>,
    /// Totals that were hidden because they cut across those that are kept.
    pub crossing: usize,
}

/// Plans a table. All rows have as many labels, at most 64, and as many counts.
pub fn plan(rows: &[Row], ask: Ask) -> Plan {
    let mut tree = Tree::new(rows, ask);
    // From the innermost total out: what happens under a total never changes what is shown above it.
    for node in tree.innermost_first() {
        tree.settle(node);
    }
    tree.into_plan()
}

/// A total that is kept, with what lies directly under it.
#[derive(Debug, Default)]
struct Node {
    /// The total's own row; the sum of everything has none where the table does not show it.
    row: Option<usize>,
    /// The categories that its cells agree in.
    mask: u64,
    parent: Option<usize>,
    cells: Vec<usize>,
    /// Cells that are held back.
    held: BTreeSet<usize>,
    totals: Vec<usize>,
    /// What it has at least besides its cells and totals, where it has no row to say so.
    unlisted: Vec<i64>,
    /// What is held back is gone and not merged.
    gone: bool,
    /// It was dissolved into its parent.
    dissolved: bool,
}

struct Tree<'a> {
    rows: &'a [Row],
    ask: Ask,
    counts: usize,
    nodes: Vec<Node>,
    crossing: usize,
}

impl<'a> Tree<'a> {
    fn new(rows: &'a [Row], ask: Ask) -> Self {
        let counts = rows.first().map_or(0, |row| row.counts.len());
        let full = full_mask(rows.first().map_or(0, |row| row.labels.len()));
        let mut tree = Self { rows, ask, counts, nodes: vec![Node::default()], crossing: 0 };
        tree.nodes[0].unlisted = vec![0; counts];

        let masks: Vec<u64> = rows.iter().map(|row| mask_of(&row.labels)).collect();
        let totals = || (0..rows.len()).filter(|row| masks[*row] != full);
        let chain = chain(totals().map(|row| masks[row]));
        // Total by total from the outermost in, so that a parent is there before its children.
        let mut by_labels: HashMap<Vec<u32>, usize> = HashMap::new();
        let mut small = Vec::new();
        for mask in chain.iter().copied() {
            for row in totals().filter(|row| masks[*row] == mask) {
                if by_labels.contains_key(&rows[row].labels) || (mask == 0 && tree.nodes[0].row.is_some()) {
                    tree.crossing += 1;
                } else if tree.is_small(row) {
                    small.push((row, tree.innermost(&by_labels, &chain, mask, &rows[row].labels)));
                } else if mask == 0 {
                    tree.nodes[0].row = Some(row);
                } else {
                    let parent = tree.innermost(&by_labels, &chain, mask, &rows[row].labels);
                    let node = tree.nodes.len();
                    tree.nodes[parent].totals.push(node);
                    by_labels.insert(rows[row].labels.clone(), node);
                    let parent = Some(parent);
                    tree.nodes.push(Node { row: Some(row), mask, parent, ..Node::default() });
                }
            }
        }
        tree.crossing += totals().filter(|row| !chain.contains(&masks[*row])).count();
        for row in (0..rows.len()).filter(|row| masks[*row] == full) {
            let node = tree.innermost(&by_labels, &chain, full, &rows[row].labels);
            if tree.is_small(row) {
                tree.nodes[node].held.insert(row);
            }
            tree.nodes[node].cells.push(row);
        }
        tree.note_unlisted(&small);
        tree
    }

    /// The innermost kept total outside of `mask` that a row with these labels belongs to.
    fn innermost(&self, known: &HashMap<Vec<u32>, usize>, chain: &[u64], mask: u64, labels: &[u32]) -> usize {
        let outer = chain.iter().rev().filter(|outer| **outer != mask && **outer & mask == **outer);
        outer.filter_map(|outer| known.get(&masked(labels, *outer))).next().copied().unwrap_or(0)
    }

    /// A small total is hidden. What it had besides its listed cells is a cell that nobody lists; where
    /// the sum of everything has no row of its own, only here is it known that there is such a cell. The
    /// smallest of them stands for all: more can only make what is held back larger.
    fn note_unlisted(&mut self, small: &[(usize, usize)]) {
        let root = &self.nodes[0];
        let totals = root.totals.iter().filter_map(|total| self.nodes[*total].row);
        let listed: Vec<usize> = root.cells.iter().copied().chain(totals).collect();
        let left = |total: usize, count: usize| {
            let labels = &self.rows[total].labels;
            let under = listed.iter().filter(|row| within(&self.rows[**row].labels, labels));
            self.value(total, count) - under.map(|row| self.value(*row, count)).fold(0, i64::saturating_add)
        };
        let outer = small.iter().filter(|(_, node)| *node == 0).map(|(total, _)| *total);
        let unlisted = (0..self.counts)
            .map(|count| outer.clone().map(|total| left(total, count)).filter(|left| *left > 0).min())
            .map(Option::unwrap_or_default)
            .collect();
        if self.nodes[0].row.is_none() {
            self.nodes[0].unlisted = unlisted;
        }
    }

    fn is_small(&self, row: usize) -> bool {
        self.rows[row].counts.iter().any(|count| *count != 0 && *count < self.ask.least)
    }

    fn value(&self, row: usize, count: usize) -> i64 {
        self.rows[row].counts[count].max(0)
    }

    fn innermost_first(&self) -> Vec<usize> {
        let mut nodes: Vec<usize> = (0..self.nodes.len()).collect();
        nodes.sort_by_key(|node| (std::cmp::Reverse(self.nodes[*node].mask.count_ones()), *node));
        nodes
    }

    /// What a total has besides its cells and the totals below it.
    fn unlisted(&self, node: usize, count: usize) -> i64 {
        let node = &self.nodes[node];
        let Some(row) = node.row else { return node.unlisted[count] };
        let cells = node.cells.iter().map(|cell| self.value(*cell, count));
        let totals = node.totals.iter().filter_map(|total| self.nodes[*total].row);
        let listed = totals.map(|total| self.value(total, count)).chain(cells).fold(0, i64::saturating_add);
        // Less than its parts: it is no sum of them, and subtracting says nothing.
        (self.value(row, count) - listed).max(0)
    }

    /// Holds back under a total until what is held back is nothing, or enough not to be small.
    fn settle(&mut self, node: usize) {
        loop {
            let unlisted: Vec<i64> = (0..self.counts).map(|count| self.unlisted(node, count)).collect();
            let too_few = |sum: i64| sum > 0 && sum < self.ask.least;
            // What nobody lists cannot be merged: it is blurred by what is gone without a word.
            let gone = !self.ask.merge || unlisted.iter().any(|unlisted| too_few(*unlisted));
            let short = (0..self.counts).find(|count| {
                let held = self.held(node, *count);
                too_few(if gone { held.saturating_add(unlisted[*count]) } else { held })
            });
            self.nodes[node].gone = gone;
            let Some(count) = short else { break };
            if let Some(cell) = self.smallest_shown(node, count) {
                self.nodes[node].held.insert(cell);
            } else if let Some(total) = self.smallest_total(node, count) {
                self.dissolve(total, node);
            } else {
                self.nodes[node].gone = true;
                break;
            }
        }
        let same_name = |cell: &usize| {
            let labels = self.rows[*cell].labels.iter().zip(0..);
            let mut own = labels.filter(|(_, category)| self.nodes[node].mask >> category & 1 == 0);
            own.all(|(label, _)| Some(*label) == self.ask.other)
        };
        if !self.nodes[node].gone && !self.nodes[node].held.is_empty() {
            let same: Vec<usize> = self.nodes[node].cells.iter().copied().filter(same_name).collect();
            self.nodes[node].held.extend(same);
        }
    }

    fn held(&self, node: usize, count: usize) -> i64 {
        let held = self.nodes[node].held.iter().map(|cell| self.value(*cell, count));
        held.fold(0, i64::saturating_add)
    }

    fn smallest_shown(&self, node: usize, count: usize) -> Option<usize> {
        let node = &self.nodes[node];
        let shown =
            node.cells.iter().filter(|cell| !node.held.contains(cell) && self.value(**cell, count) > 0);
        shown.copied().min_by_key(|cell| (self.value(*cell, count), *cell))
    }

    fn smallest_total(&self, node: usize, count: usize) -> Option<usize> {
        let value = |total: &usize| self.nodes[*total].row.map_or(0, |row| self.value(row, count));
        let totals = self.nodes[node].totals.iter().filter(|total| value(total) > 0);
        totals.copied().min_by_key(|total| (value(total), *total))
    }

    /// A total is not shown after all: what was under it is now under the one above.
    fn dissolve(&mut self, total: usize, parent: usize) {
        let unlisted: Vec<i64> = (0..self.counts).map(|count| self.unlisted(total, count)).collect();
        let inner = std::mem::take(&mut self.nodes[total]);
        for below in &inner.totals {
            self.nodes[*below].parent = Some(parent);
        }
        let outer = &mut self.nodes[parent];
        outer.totals.retain(|kept| *kept != total);
        outer.totals.extend(inner.totals);
        outer.cells.extend(inner.cells);
        outer.held.extend(inner.held);
        outer
            .unlisted
            .iter_mut()
            .zip(unlisted)
            .for_each(|(outer, inner)| *outer = outer.saturating_add(inner));
        self.nodes[total].dissolved = true;
    }

    fn into_plan(self) -> Plan {
        let mut fates = vec![Fate::Hidden; self.rows.len()];
        let mut groups = Vec::new();
        for (index, node) in self.nodes.iter().enumerate().filter(|(_, node)| !node.dissolved) {
            if let Some(row) = node.row {
                fates[row] = Fate::Shown;
            }
            let held = if node.gone { Fate::Hidden } else { Fate::Merged(groups.len()) };
            for cell in &node.cells {
                fates[*cell] = if node.held.contains(cell) { held } else { Fate::Shown };
            }
            if !node.gone && !node.held.is_empty() {
                let categories = self.rows.first().map_or(0, |row| row.labels.len());
                groups.push(Group {
                    stays: (0..categories).map(|category| node.mask >> category & 1 == 1).collect(),
                    counts: (0..self.counts).map(|count| self.held(index, count)).collect(),
                });
            }
        }
        Plan { fates, groups, crossing: self.crossing }
    }
}

fn full_mask(categories: usize) -> u64 {
    1u64.checked_shl(categories as u32).map_or(u64::MAX, |bit| bit - 1)
}

/// The categories that a row's labels name.
fn mask_of(labels: &[u32]) -> u64 {
    let named = labels.iter().enumerate().filter(|(_, label)| **label != TOTAL);
    named.fold(0, |mask, (category, _)| mask | 1 << category)
}

/// The same labels, those outside of the mask being totals.
fn masked(labels: &[u32], mask: u64) -> Vec<u32> {
    let label = |(category, label): (usize, &u32)| if mask >> category & 1 == 1 { *label } else { TOTAL };
    labels.iter().enumerate().map(label).collect()
}

/// Whether a row is part of a total.
fn within(labels: &[u32], total: &[u32]) -> bool {
    labels.iter().zip(total).all(|(label, total)| *total == TOTAL || label == total)
}

/// The kinds of totals that are kept, from the outermost in. Totals by model and totals by country cut
/// across each other: what is held back under the one could follow from the other. So each kind is
/// part of the one before; of two that are not, the one with more rows is kept.
fn chain(masks: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut rows: BTreeMap<u64, usize> = BTreeMap::new();
    masks.for_each(|mask| *rows.entry(mask).or_default() += 1);
    let mut kinds: Vec<(u64, usize)> = rows.into_iter().collect();
    kinds.sort_by_key(|(mask, rows)| (mask.count_ones(), std::cmp::Reverse(*rows), *mask));
    let mut chain: Vec<u64> = Vec::new();
    for (mask, _) in kinds {
        if chain.last().is_none_or(|outer| outer & mask == *outer && *outer != mask) {
            chain.push(mask);
        }
    }
    chain
}
