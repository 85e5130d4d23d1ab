//! `cargo xtask eval graph --truth X.json ROOT`: how much of a call graph made by another tool (a compiler, a type checker)
//! ours has, and how much of ours is right, site by site. A site that the other tool did not decide counts neither way.
//! Apart from the other measurements, since it needs nothing of the product but camille-code.

mod score;
mod truth;

use anyhow::{Context, Result, bail};
use camille_code::{Facts, Language, Manifest, Source};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn main() -> Result<()> {
    let mut root = None;
    let mut truth = None;
    let mut options = score::Options::default();
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "graph");
    while let Some(argument) = arguments.next() {
        let mut next = || arguments.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--truth" => truth = Some(PathBuf::from(next()?)),
            "--under" => options.under = next()?,
            "--misses" => options.misses = next()?.parse().context("--misses takes a number")?,
            "--wrong" => options.wrong = next()?.parse().context("--wrong takes a number")?,
            "--no-tests" => options.without_tests = true,
            other if other.starts_with("--") => bail!("there is no option '{other}'"),
            _ => root = Some(PathBuf::from(argument)),
        }
    }
    let root = root.context("which folder? cargo xtask eval graph [--truth X.json] ROOT")?;
    let project = Project::read(&root)?;
    let mut out = std::io::stdout().lock();
    project.report_speed(&mut out)?;
    if let Some(truth) = truth {
        let truth = truth::Truth::read(&truth)?;
        let (sources, manifests) = project.sources()?;
        let graph = camille_code::resolve(&sources, &manifests);
        let texts = project.files.iter().map(|(path, _, bytes)| {
            let text = String::from_utf8_lossy(bytes);
            (path.clone(), text.lines().map(str::to_owned).collect())
        });
        let texts = score::Texts(texts.collect());
        score::report(&mut out, &texts, &sources, &graph, &truth, &options)?;
    }
    Ok(())
}

/// The files of a folder, as far as there is a grammar for them.
struct Project {
    files: Vec<(String, Language, Vec<u8>)>,
    manifests: Vec<(String, String)>,
}

const MANIFESTS: &[&str] = &["package.json", "go.mod", "Cargo.toml"];

impl Project {
    fn read(root: &Path) -> Result<Project> {
        let mut project = Project { files: Vec::new(), manifests: Vec::new() };
        let walk = ignore::WalkBuilder::new(root).require_git(false).build();
        for entry in walk {
            let entry = entry.context("walk the folder")?;
            if !entry.file_type().is_some_and(|kind| kind.is_file()) {
                continue;
            }
            let relative = entry.path().strip_prefix(root).context("stay in the folder")?;
            let path = relative.to_string_lossy().replace('\\', "/");
            let name = path.rsplit('/').next().unwrap_or(&path);
            let is_manifest = MANIFESTS.contains(&name)
                || name.starts_with("tsconfig") && name.ends_with(".json");
            if !is_manifest && Language::of(&path).is_none() {
                continue;
            }
            let bytes =
                std::fs::read(entry.path()).with_context(|| format!("read {}", path.clone()))?;
            if is_manifest {
                project.manifests.push((path, String::from_utf8_lossy(&bytes).into_owned()));
            } else if let Some(language) = Language::of(&path) {
                project.files.push((path, language, bytes));
            }
        }
        project.files.sort();
        if camille_code::headers_are_cpp(project.files.iter().map(|(path, ..)| path.as_str())) {
            for (path, language, _) in &mut project.files {
                if path.ends_with(".h") {
                    *language = Language::Cpp;
                }
            }
        }
        Ok(project)
    }

    fn facts(&self) -> Vec<Option<Facts>> {
        let half = self.files.len() / 2;
        let read = |files: &[(String, Language, Vec<u8>)]| -> Vec<Option<Facts>> {
            files
                .iter()
                .map(|(_, language, bytes)| {
                    camille_code::extract(&camille_code::text_of(bytes), *language).ok()
                })
                .collect()
        };
        // Interleaved halves would be fairer to two cores; files of one kind lie together, so halves are close enough.
        std::thread::scope(|scope| {
            let second = scope.spawn(|| read(&self.files[half..]));
            let mut first = read(&self.files[..half]);
            first.extend(second.join().unwrap_or_default());
            first
        })
    }

    fn sources(&self) -> Result<(Vec<Source>, Vec<Manifest>)> {
        let facts = self.facts();
        let sources = self
            .files
            .iter()
            .zip(facts)
            .filter_map(|((path, ..), facts)| {
                facts.map(|facts| Source { path: path.clone(), facts })
            })
            .collect();
        let manifests = self
            .manifests
            .iter()
            .map(|(path, text)| Manifest { path: path.clone(), text: text.clone() })
            .collect();
        Ok((sources, manifests))
    }

    fn report_speed(&self, out: &mut impl Write) -> Result<()> {
        let lines: usize = self
            .files
            .iter()
            .map(|(.., bytes)| bytes.iter().filter(|byte| **byte == b'\n').count() + 1)
            .sum();
        let start = Instant::now();
        for (_, language, bytes) in &self.files {
            camille_code::parse_only(&camille_code::text_of(bytes), *language);
        }
        let parse = start.elapsed();
        let start = Instant::now();
        let facts = self.facts();
        let extract = start.elapsed();
        let lost = facts.iter().filter(|facts| facts.is_none()).count();
        let errors: u32 = facts.iter().flatten().map(|facts| facts.errors).sum();
        let with_errors = facts.iter().flatten().filter(|facts| facts.errors > 0).count();
        let (sources, manifests) = self.sources()?;
        let start = Instant::now();
        let graph = camille_code::resolve(&sources, &manifests);
        let resolve = start.elapsed();
        let sites: usize = graph.outcomes.iter().map(Vec::len).sum();
        let all = extract + resolve;
        let per_second = |time: Duration| lines as f64 / time.as_secs_f64().max(1e-9);
        writeln!(
            out,
            "{} files, {lines} lines, {lost} unreadable, {errors} places not understood in {with_errors} files; {sites} sites",
            self.files.len()
        )?;
        writeln!(
            out,
            "parse alone {:.3} s (1 thread); facts {:.3} s (2 threads); edges {:.3} s (1 thread); all {:.0} lines/s",
            parse.as_secs_f64(),
            extract.as_secs_f64(),
            resolve.as_secs_f64(),
            per_second(all)
        )?;
        Ok(())
    }
}
