//! Which database a target is: what its ledger says, and whether that is what a repository means.

use enact_ledger::entry::fact::TargetEnrolled;
use enact_ledger::{Identity, SystemIdentifier};
use uuid::Uuid;

use crate::run::RunError;
use crate::state::Enrolment;
use crate::target::server::Server;

/// The target that a repository means when it names an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The project, which is the sponsor's name or `core`.
    pub project: String,
    /// Its environment.
    pub environment: String,
    /// Where it is reached, as `host:port/database`.
    pub endpoint: String,
    /// The identity that the repository knows of it.
    pub identity: Option<Identity>,
}

/// In what a database is not the target that was meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Stranger {
    /// It was never enrolled, and the target was.
    #[error("it holds no ledger, but `{environment}` is enrolled, as {identity}")]
    Blank {
        /// The environment that was named.
        environment: String,
        /// The identity that the repository knows.
        identity: Identity,
    },
    /// It has another identity.
    #[error("its identity is {found}, and `{environment}` is enrolled as {identity}")]
    Identity {
        /// The environment that was named.
        environment: String,
        /// The identity that the repository knows.
        identity: Identity,
        /// The identity in the database.
        found: Identity,
    },
    /// It is enrolled as another environment, or for another project.
    #[error("its ledger says that it is {found}, not {wanted}")]
    Environment {
        /// Project and environment that were named.
        wanted: String,
        /// Project and environment in the ledger.
        found: String,
    },
    /// It is a target of a project, and no environment was named.
    #[error(
        "its ledger says that it is `{environment}` of {project}, and no environment was named"
    )]
    Unnamed {
        /// Environment in the ledger.
        environment: String,
        /// Project in the ledger.
        project: String,
    },
    /// It is in another cluster than when it was enrolled.
    #[error(
        "it was enrolled in cluster {enrolled} and is in cluster {found}: a backup was restored, or it was moved"
    )]
    Cluster {
        /// System identifier at enrolment.
        enrolled: SystemIdentifier,
        /// System identifier now.
        found: SystemIdentifier,
    },
    /// It is reached elsewhere than when it was enrolled.
    #[error(
        "it was enrolled at {enrolled} and is reached at {found}: it is a copy, or it was moved"
    )]
    Endpoint {
        /// The endpoint at enrolment.
        enrolled: String,
        /// The endpoint now.
        found: String,
    },
}

/// Sees to it that a database that was reached without naming an environment is no target of a project: there, what
/// holds for its environment would be gone round.
///
/// # Errors
/// [`Stranger::Unnamed`].
pub(crate) fn check_unnamed(enrolment: Option<&Enrolment>) -> Result<(), Stranger> {
    let named = enrolment.and_then(|of| of.environment.clone().zip(of.project.clone()));
    match named {
        None => Ok(()),
        Some((environment, project)) => Err(Stranger::Unnamed {
            environment,
            project,
        }),
    }
}

impl Claim {
    /// Sees to it that a database is the target that is meant.
    ///
    /// # Errors
    /// [`Stranger`], with the first thing in which it is not.
    pub fn check(&self, enrolment: Option<&Enrolment>, server: &Server) -> Result<(), Stranger> {
        let environment = || self.environment.clone();
        let Some(enrolled) = enrolment else {
            return match self.identity {
                Some(identity) => Err(Stranger::Blank {
                    environment: environment(),
                    identity,
                }),
                None => Ok(()),
            };
        };
        if let Some(identity) = self.identity.filter(|known| *known != enrolled.identity) {
            return Err(Stranger::Identity {
                environment: environment(),
                identity,
                found: enrolled.identity,
            });
        }
        let (Some(of), Some(is)) = (&enrolled.project, &enrolled.environment) else {
            return Ok(());
        };
        if (of, is) != (&self.project, &self.environment) {
            return Err(Stranger::Environment {
                wanted: format!("`{}` of {}", self.environment, self.project),
                found: format!("`{is}` of {of}"),
            });
        }
        if let Some(found) = moved_cluster(enrolled.system_identifier, server) {
            return Err(Stranger::Cluster {
                enrolled: enrolled.system_identifier,
                found,
            });
        }
        match &enrolled.endpoint {
            Some(endpoint) if *endpoint != self.endpoint => Err(Stranger::Endpoint {
                enrolled: endpoint.clone(),
                found: self.endpoint.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Whether a target that is the one meant still has to be bound to project and environment.
    pub(crate) fn is_unbound(&self, enrolment: Option<&Enrolment>) -> bool {
        enrolment.is_none_or(|enrolled| enrolled.environment.is_none())
    }
}

/// The cluster a database is in now, if both are known and it is another one.
fn moved_cluster(enrolled: SystemIdentifier, server: &Server) -> Option<SystemIdentifier> {
    let known = enrolled != SystemIdentifier(0);
    let now = system_identifier(server);
    (known && now != SystemIdentifier(0) && now != enrolled).then_some(now)
}

fn system_identifier(server: &Server) -> SystemIdentifier {
    let told = server.system_identifier.as_deref();
    told.and_then(|text| text.parse().ok())
        .unwrap_or(SystemIdentifier(0))
}

/// What the ledger states of a target that is enrolled now.
pub(crate) fn enrolled(
    identity: Identity,
    claim: Option<&Claim>,
    server: &Server,
    reason: Option<&str>,
) -> TargetEnrolled {
    let of_claim = |text: fn(&Claim) -> &str| claim.map(|claim| text(claim).into());
    TargetEnrolled {
        identity,
        system_identifier: system_identifier(server),
        database: server.database.as_str().into(),
        server_version: server.version_num,
        project: of_claim(|claim| &claim.project),
        environment: of_claim(|claim| &claim.environment),
        endpoint: of_claim(|claim| &claim.endpoint),
        reason: reason.map(Into::into),
    }
}

/// A random identity.
pub(crate) fn random() -> Result<Identity, RunError> {
    let text = Uuid::new_v4().to_string();
    text.parse().map_err(RunError::Identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(system: &str) -> Server {
        Server {
            version_num: 150_018,
            version: "15.18".to_owned(),
            in_recovery: false,
            read_only: false,
            role: "deploy".to_owned(),
            login: "deploy".to_owned(),
            superuser: false,
            database: "orion".to_owned(),
            system_identifier: Some(system.to_owned()),
            pid: 1,
            encrypted: true,
            clock: "2026-03-02T14:00:00.000000Z".to_owned(),
        }
    }

    fn claim(environment: &str, endpoint: &str) -> Claim {
        Claim {
            project: "orion".to_owned(),
            environment: environment.to_owned(),
            endpoint: endpoint.to_owned(),
            identity: None,
        }
    }

    fn enrolment(claim: &Claim) -> Enrolment {
        let identity = random().unwrap();
        let fact = enrolled(identity, Some(claim), &server("7"), None);
        Enrolment {
            identity,
            system_identifier: fact.system_identifier,
            database: "orion".to_owned(),
            project: Some(claim.project.clone()),
            environment: Some(claim.environment.clone()),
            endpoint: Some(claim.endpoint.clone()),
            at: None,
        }
    }

    #[test]
    fn the_enrolled_one_passes() {
        let claim = claim("production", "db:5432/orion");
        let enrolment = enrolment(&claim);
        assert_eq!(claim.check(Some(&enrolment), &server("7")), Ok(()));
        assert_eq!(claim.check(None, &server("7")), Ok(()));
    }

    #[test]
    fn a_cluster_that_does_not_tell_is_not_another_one() {
        let claim = claim("production", "db:5432/orion");
        let silent = Server {
            system_identifier: None,
            ..server("7")
        };
        assert_eq!(claim.check(Some(&enrolment(&claim)), &silent), Ok(()));
    }

    #[test]
    fn every_stranger_is_told_from_it() {
        let production = claim("production", "db:5432/orion");
        let enrolled = enrolment(&production);
        let check = |claim: &Claim, system| claim.check(Some(&enrolled), &server(system));
        let swapped = check(&claim("staging", "db:5432/orion"), "7");
        assert!(matches!(swapped, Err(Stranger::Environment { .. })));
        let restored = check(&production, "8");
        assert!(matches!(restored, Err(Stranger::Cluster { .. })));
        let cloned = check(&claim("production", "copy:5432/orion"), "7");
        assert!(matches!(cloned, Err(Stranger::Endpoint { .. })));
        let known = Claim {
            identity: Some(random().unwrap()),
            ..production.clone()
        };
        assert!(matches!(check(&known, "7"), Err(Stranger::Identity { .. })));
        let blank = known.check(None, &server("7"));
        assert!(matches!(blank, Err(Stranger::Blank { .. })));
    }
}
