//! `camille csr`: the request from which an authority makes this node's certificate.

use super::Context;
use crate::failure::{Exit, Failure};
use crate::private_file;
use camille_node::NodeError;
use camille_node::identity::{Identity, IdentityError};
use jiff::Timestamp;

/// Print the request for a certificate signed by your organization
///
/// A node signs its own certificate, and teammates compare fingerprints once. Where there is a certificate
/// authority it can vouch instead: give it this request (PKCS #10), tell camille where its answer is with
/// `camille config set tls.cert_file FILE`, and give everyone the authority's own certificate as tls.ca_file.
/// The node's key never leaves this machine.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A host name or IP address that the certificate should hold besides the machine's own (may be repeated)
    #[arg(long, value_name = "NAME")]
    name: Vec<String>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Exit, Failure> {
    let config = context.config()?;
    let settings = config.settings();
    private_file::create_dir(&settings.home).map_err(|error| {
        Failure::not_set_up(format!("cannot use {} as camille's home", settings.home.display()))
            .because(error.to_string())
    })?;
    let machine = &settings.node.machine;
    let request = Identity::load(&settings.home, machine, &settings.tls, Timestamp::now())
        .and_then(|identity| identity.request(&args.name))
        .map_err(|error| match error {
            IdentityError::Name { .. } => Failure::usage(error.to_string()),
            other => NodeError::Identity(Box::new(other)).into(),
        })?;
    context.terminal.line(request.trim_end())?;
    context.terminal.hint("next", "have it signed, then: camille config set tls.cert_file FILE")?;
    Ok(Exit::Done)
}
