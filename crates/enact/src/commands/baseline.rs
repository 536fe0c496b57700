//! `enact baseline`

use enact_engine::baseline::{Adopted, Request, adopt};
use enact_engine::catalog::{self, Snapshot};
use enact_engine::events::Events;
use enact_engine::exit::Exit;
use enact_engine::person::Person;
use enact_engine::plan::Goal;
use enact_engine::preview::preview;
use enact_engine::project::{Project, Stream, Streams};
use enact_engine::run::{self, Settings};
use enact_engine::stop::{self, Stop};
use enact_engine::target::{ConnInfo, Env};

use super::{ask, scratch, signals};
use crate::cli::{Baseline, Server};
use crate::context::{Context, Target, scope};
use crate::error::{self, Asked};
use crate::failure::Failure;
use crate::program;
use crate::ui::progress::follow;
use crate::ui::style::{GOOD, WARNING, paint, plural};
use crate::wire;

/// Everything the command works with.
struct Job<'a> {
    context: &'a Context,
    args: &'a Baseline,
    project: Project,
    target: Target,
    streams: Streams,
}

pub async fn run(context: &Context, args: &Baseline) -> Result<Exit, Failure> {
    let project = context.project()?;
    let job = Job {
        context,
        args,
        target: context.target(&args.target, Some(&project))?,
        streams: project.streams()?,
        project,
    };
    job.run().await
}

impl Job<'_> {
    async fn run(self) -> Result<Exit, Failure> {
        let stream = self.stream()?;
        if self.target.protected() && !self.args.yes {
            ask::agreement(self.context, &self.target, "baseline")?;
        }
        let expected = match self.args.no_compare {
            true => None,
            false => self.expected().await?,
        };
        let mut settings = Settings::default();
        settings.lock_wait = self.args.lock_wait.unwrap_or(settings.lock_wait);
        let environment = self.target.environment.as_ref();
        settings.claim.clone_from(&self.target.claim);
        settings.role = environment.and_then(|(_, environment)| environment.role.clone());
        let request = Request {
            target: &self.target.conninfo,
            streams: &self.streams,
            stream,
            to: self.args.to.number,
            reason: self.args.reason.clone(),
            expected,
            accept_differences: self.args.accept_differences,
            person: self.context.person(self.args.who.person.as_deref()).known(),
            host: self.context.host(),
            program: program::program(),
            scope: scope(Some(&self.project)),
            settings,
        };
        let ui = &self.context.ui;
        let (stopper, stop) = stop::channel();
        let work = async |events| {
            tokio::select! {
                result = adopt(request, &events, stop) => result,
                never = signals::pass_on(ui, stopper) => match never {},
            }
        };
        let (result, _) = follow(ui, work).await;
        let adopted = result.map_err(|error| self.refused(error))?;
        ui.answer(&self.document(stream, &adopted), || {
            self.text(stream, &adopted)
        })?;
        Ok(Exit::Done)
    }

    /// The stream that is adopted.
    fn stream(&self) -> Result<&Stream, Failure> {
        let name = self.streams.named(&self.args.to);
        let stream = self.streams.get(name);
        stream.ok_or_else(|| {
            Failure::usage(format!("there is no stream `{name}` in this repository"))
        })
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            verb: "baseline",
            target: &self.target,
            done: &[],
        }
    }

    fn refused(&self, error: run::RunError) -> Failure {
        let drift = matches!(error, run::RunError::Drift(_));
        let other_core = matches!(error, run::RunError::CoreIsOther(_));
        let mut failure = error::run(error, self.asked());
        if drift {
            failure.message = format!(
                "the database is not what the files up to {:03} make",
                self.args.to.number
            );
            failure.next = vec![
                "mend the database or the files, or name another --to".to_owned(),
                format!("{} --accept-differences …", self.target.command("baseline")),
            ];
        }
        if other_core {
            failure.next = vec![
                "mend the database until its core is as released, or name another --to; nobody but the core team accepts a change \
                 of the core"
                    .to_owned(),
            ];
        }
        failure
    }

    /// The schema that the files make, on the target's major version and as the target's role.
    async fn expected(&self) -> Result<Option<Snapshot>, Failure> {
        let scope = scope(Some(&self.project));
        let goal = Goal::Apply {
            to: None,
            steps: None,
        };
        let failed = |error| error::run(error, self.asked());
        let begun = super::look(&self.target).await.map_err(failed)?;
        let seen = preview(begun, &self.streams, &scope, &goal)
            .await
            .map_err(failed)?;
        // The release says what its core is like.
        if self
            .streams
            .is_proven(self.streams.named(&self.args.to), seen.server.major())
        {
            return Ok(None);
        }
        let server = Server {
            scratch_url: None,
            pg_major: Some(seen.server.major()),
            ..self.args.server.clone()
        };
        let sandbox = match scratch::cluster(self.context, &server) {
            Ok(sandbox) => sandbox,
            Err(failure) => {
                self.context.ui.warn(&format!(
                    "not compared with the files, since there is no sandbox: {}",
                    failure.message
                ));
                return Ok(None);
            }
        };
        self.make(&sandbox, &seen.server.role).await.map(Some)
    }

    async fn make(
        &self,
        sandbox: &enact_engine::sandbox::Sandbox,
        role: &str,
    ) -> Result<Snapshot, Failure> {
        let scope = scope(Some(&self.project));
        sandbox.create_database("expected").await?;
        sandbox.create_superuser(role).await?;
        let conninfo = ConnInfo::resolve(Some(&sandbox.url_as(role, "expected")), &Env::default())
            .map_err(|error| Failure::new(Exit::Unexpected, error.to_string()))?;
        let request = run::Request {
            target: &conninfo,
            streams: &self.streams,
            goal: Goal::Apply {
                to: Some(self.args.to.clone()),
                steps: None,
            },
            person: Person::known("sandbox"),
            host: "sandbox".to_owned(),
            program: enact_engine::program::Program::known(
                program::VERSION,
                enact_ledger::Hash::ZERO,
            ),
            scope: scope.clone(),
            evidence: None,
            settings: Settings::default(),
        };
        self.context.ui.say(&format!(
            "making {:03} from the files in a sandbox, to compare",
            self.args.to.number
        ));
        run::run(request, &Events::silent(), Stop::never())
            .await
            .map_err(|error| self.unmade(error))?;
        let client = sandbox.connect("expected").await?;
        catalog::take(&client, &scope)
            .await
            .map_err(|error| Failure::new(Exit::Unexpected, error.to_string()).causes(&error))
    }

    /// The files do not run in a sandbox, perhaps for want of roles that only the target has.
    fn unmade(&self, error: run::RunError) -> Failure {
        let mut failure = error::run(error, self.asked());
        failure.message = format!("in a sandbox, {}", failure.message);
        failure.effect = Some("nothing was changed".to_owned());
        failure.next = vec![format!(
            "{} --no-compare …, if the sandbox lacks what the target has",
            self.target.command("baseline")
        )];
        failure
    }

    fn document(&self, stream: &Stream, adopted: &Adopted) -> wire::Baseline {
        wire::Baseline {
            schema: "enact.baseline/1",
            target: self.target.conninfo.redacted(),
            stream: stream.name().to_owned(),
            position: self.args.to.number,
            migrations: adopted.migrations,
            compared: adopted.compared,
            fingerprint: adopted.fingerprint.to_string(),
            entries: adopted.entries,
        }
    }

    fn text(&self, stream: &Stream, adopted: &Adopted) -> String {
        let core = self.streams.core();
        let released = core.filter(|core| core.stream.name() == stream.name());
        let compared = match (adopted.compared, released) {
            (true, Some(core)) => {
                let release = core.version();
                paint(GOOD, &format!("it is as release {release} made it"))
            }
            (true, None) => paint(GOOD, "the schema is what the files make"),
            (false, _) => paint(WARNING, "not compared with the files"),
        };
        format!(
            "{} adopted; {} stands at {:03}; {compared}\n",
            plural(adopted.migrations, "migration"),
            stream.name(),
            self.args.to.number
        )
    }
}
