//! What sessions hold of other places than their own project, from their files to what others see.

#[cfg(test)]
mod copying;
#[cfg(test)]
mod quoting;
#[cfg(test)]
mod world;
