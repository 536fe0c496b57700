//! What an extension does to the core that it builds on.

use crate::linter::Linter;
use crate::touch::{ROWS_OF, Touch, WATCHES};

/// Reports what is known of the statement at hand.
pub fn statement(lint: &mut Linter<'_>) {
    let (statement, _) = lint.place();
    let touches = lint.context.core.iter();
    for touch in touches.filter(|touch| touch.statement == statement) {
        let Touch { what, object, .. } = touch;
        let whose = match *what {
            WATCHES => "also those of the core",
            _ => "which is the core's",
        };
        let without = touch
            .takes
            .map(|takes| format!(", without leave to {takes}"));
        let without = without.unwrap_or_default();
        let message = format!("this {what} {object}, {whose}{without}");
        let way = match (touch.takes, touch.rule()) {
            (Some(takes), _) => leave(takes, object),
            (None, "core-object-shadowed") => NAMED.to_owned(),
            (None, _) if *what == ROWS_OF => ROWS.to_owned(),
            (None, _) => BESIDE.to_owned(),
        };
        lint.report(touch.rule(), 0, message, Some(way));
    }
}

const ROWS: &str = "-- rows of the core come with a core release: put your own into a table of your schema that refers to it";
const BESIDE: &str = "-- leave the core as it is: put what is new into your own schema, in a table that refers to the core's,\n-- or ask the core team for a release that has it";
const NAMED: &str = "-- make it in a schema of your own, and name it with that schema";

/// What the core team would write.
fn leave(takes: &str, object: &str) -> String {
    format!(
        "-- with leave, which the core team gives in the core's enact.toml, and a release carries:\n-- [leave]\n-- {takes} = [\"{object}\"]"
    )
}
