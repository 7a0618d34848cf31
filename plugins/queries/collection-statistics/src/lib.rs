//! Least, most, average, median and 95th percentile over collections.
//!
//! SQL counts how many collections have each value, so that no collection comes in here; what T-SQL has no
//! aggregate for is taken from those counts.

use std::collections::BTreeMap;

use glasshouse_sdk::prelude::*;

/// How many collections have each value.
type Histogram = BTreeMap<i64, u64>;

struct CollectionStatistics {
    /// By what is measured, the collections' type and how they are refreshed.
    groups: BTreeMap<(String, Option<i64>, Option<i64>), Histogram>,
}

impl Query for CollectionStatistics {
    fn begin(_: &Context) -> Result<Self> {
        Ok(Self { groups: BTreeMap::new() })
    }

    fn take(&mut self, statement: &str, batch: &Batch) -> Result<()> {
        let ints = |name: &str| batch.ints(batch.column(name)?);
        let (kinds, refreshes) = (ints("CollectionType")?, ints("RefreshType")?);
        let (values, collections) = (ints("Value")?, ints("Collections")?);
        let rows = kinds.iter().zip(refreshes.iter()).zip(&values.values).zip(&collections.values);
        for (((kind, refresh), value), collections) in rows {
            let collections = u64::try_from(*collections)
                .map_err(|_| format!("statement `{statement}` counts {collections} collections"))?;
            let group = self.groups.entry((statement.to_owned(), kind, refresh)).or_default();
            let counted = group.entry(*value).or_default();
            *counted = counted.saturating_add(collections);
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<u8>> {
        let rows: Vec<_> = self
            .groups
            .iter()
            .filter_map(|(group, histogram)| Some((group, Statistics::of(histogram)?)))
            .collect();
        let figure = |of: fn(&Statistics) -> i64| rows.iter().map(|row| of(&row.1)).collect::<IntBuilder>();
        Output::new("statistics", rows.len())
            .text(rows.iter().map(|row| row.0.0.as_str()).collect::<TextBuilder>())?
            .int(rows.iter().map(|row| row.0.1).collect::<IntBuilder>())?
            .int(rows.iter().map(|row| row.0.2).collect::<IntBuilder>())?
            .int(figure(|of| i64::try_from(of.collections).unwrap_or(i64::MAX)))?
            .int(figure(|of| of.least))?
            .int(figure(|of| of.median))?
            .int(figure(|of| of.percentile_95))?
            .int(figure(|of| of.most))?
            .float(rows.iter().map(|row| row.1.average).collect::<FloatBuilder>())?
            .emit()?;
        Ok(Vec::new())
    }
}

glasshouse_sdk::query!(CollectionStatistics);

#[derive(Debug, PartialEq)]
struct Statistics {
    collections: u64,
    least: i64,
    median: i64,
    percentile_95: i64,
    most: i64,
    average: f64,
}

impl Statistics {
    /// Nothing of no collections.
    fn of(histogram: &Histogram) -> Option<Self> {
        let counted = || histogram.iter().filter(|(_, collections)| **collections > 0);
        let collections = counted().fold(0_u64, |all, (_, collections)| all.saturating_add(*collections));
        let sum: f64 = counted().map(|(value, times)| *value as f64 * *times as f64).sum();
        Some(Self {
            collections,
            least: *counted().next()?.0,
            median: percentile(histogram, collections, 50)?,
            percentile_95: percentile(histogram, collections, 95)?,
            most: *counted().next_back()?.0,
            average: sum / collections as f64,
        })
    }
}

/// The least value that at least that share of the collections have, or less: always a value that occurs.
fn percentile(histogram: &Histogram, collections: u64, percent: u128) -> Option<i64> {
    let rank = (u128::from(collections) * percent).div_ceil(100);
    let mut seen = 0_u128;
    histogram.iter().find_map(|(value, times)| {
        seen += u128::from(*times);
        (*times > 0 && seen >= rank).then_some(*value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[(i64, u64)]) -> Option<Statistics> {
        Statistics::of(&values.iter().copied().collect())
    }

    #[test]
    fn a_hundred_collections_of_1_to_100() {
        let all = of(&(1..=100).map(|value| (value, 1)).collect::<Vec<_>>()).unwrap();
        let expected = Statistics {
            collections: 100,
            least: 1,
            median: 50,
            percentile_95: 95,
            most: 100,
            average: 50.5,
        };
        assert_eq!(all, expected);
    }

    #[test]
    fn one_collection_is_its_own_least_median_and_most() {
        let one = of(&[(7, 1)]).unwrap();
        assert_eq!((one.least, one.median, one.percentile_95, one.most, one.average), (7, 7, 7, 7, 7.0));
    }

    #[test]
    fn one_giant_moves_the_average_and_not_the_median() {
        let skewed = of(&[(0, 10), (3, 9), (100_000, 1)]).unwrap();
        assert_eq!((skewed.median, skewed.percentile_95, skewed.most), (0, 3, 100_000));
        assert_eq!(skewed.average, (27.0 + 100_000.0) / 20.0);
    }

    #[test]
    fn counts_agree_with_sorting_every_collection() {
        let histogram = [(-5, 3), (0, 0), (2, 8), (9, 1), (10, 13)];
        let mut sorted: Vec<i64> =
            histogram.iter().flat_map(|(value, times)| vec![*value; *times as usize]).collect();
        sorted.sort_unstable();
        let rank = |percent: usize| sorted[(sorted.len() * percent).div_ceil(100) - 1];
        let statistics = of(&histogram).unwrap();
        assert_eq!((statistics.median, statistics.percentile_95), (rank(50), rank(95)));
        assert_eq!((statistics.least, statistics.most), (sorted[0], sorted[sorted.len() - 1]));
        assert_eq!(statistics.average, sorted.iter().sum::<i64>() as f64 / sorted.len() as f64);
    }

    #[test]
    fn no_collections_have_no_statistics_and_very_many_have() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[(4, 0)]), None);
        let most = of(&[(i64::MAX, u64::MAX), (i64::MIN, u64::MAX)]).unwrap();
        assert_eq!((most.least, most.most), (i64::MIN, i64::MAX));
    }
}
