//! Tests of the bank as its callers use it.

#[cfg(test)]
mod editing;
#[cfg(test)]
mod forgetting;
#[cfg(test)]
mod holding;
#[cfg(test)]
mod keeping;
#[cfg(test)]
mod outliving;
#[cfg(test)]
mod ranking;
#[cfg(test)]
mod redacting;
#[cfg(test)]
mod releasing;
#[cfg(test)]
mod support;
