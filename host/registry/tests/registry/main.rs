//! The registry from outside: real plugin files, the real sandbox, a state directory of its own for
//! each test, and a clock that only moves when it is told to.

// Says to clippy that helpers, too, are tests.
#[cfg(test)]
mod approval;
#[cfg(test)]
mod clock_set;
#[cfg(test)]
mod floors;
#[cfg(test)]
mod house;
#[cfg(test)]
mod inbox_attacks;
#[cfg(test)]
mod inbox_care;
#[cfg(test)]
mod restart;
#[cfg(test)]
mod trust_changes;
#[cfg(test)]
mod versions;
#[cfg(test)]
mod watching;
