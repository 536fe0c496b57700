//! Questions before a target is changed.

use enact_engine::exit::Exit;

use crate::context::{Context, Target};
use crate::failure::Failure;

/// Asks for the name of a protected target, or for a yes.
///
/// # Errors
/// When the answer is another one, or nobody can be asked.
pub fn agreement(context: &Context, target: &Target, verb: &str) -> Result<(), Failure> {
    let environment = target.environment.as_ref();
    let protected = environment.filter(|(_, environment)| environment.protected);
    let refused = |message: String| {
        Failure::new(Exit::Refused, message)
            .effect("nothing was changed")
            .next(format!("{} --yes", target.command(verb)))
    };
    let (question, wanted, otherwise) = match protected {
        Some((name, _)) => (
            format!("`{name}` is protected. Type its name to go on:"),
            vec![name.as_str()],
            format!("`{name}` is protected and asks for its name"),
        ),
        None => (
            "Go on? [y/N]".to_owned(),
            vec!["y", "Y", "yes"],
            format!("`enact {verb}` asks before it runs"),
        ),
    };
    if !context.ui.can_ask() {
        let message = format!("{otherwise}, and there is no terminal to ask on");
        return Err(refused(message));
    }
    match context.ui.ask(&question) {
        Some(answer) if wanted.contains(&answer.as_str()) => Ok(()),
        _ => Err(refused("not agreed to".to_owned())),
    }
}
