//! One open socket: questions in, messages out, until one side has had enough or the key has ended.

use super::super::gate::{self, Audited};
use super::question::{Question, ROUTE};
use crate::access::Access;
use crate::api::service::Api;
use crate::limit::Window;
use crate::search::stream::Step;
use axum::extract::ws::{CloseFrame, Message as WsMessage, WebSocket, close_code};
use camille_proto::ANSWER_BYTES_MAX;
use camille_proto::id::PeerId;
use camille_proto::problem::Problem;
use camille_proto::stream::{CLOSE_UNAUTHORIZED, Frame, Message};
use jiff::Timestamp;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior};

/// How often it is looked whether the key still holds.
const RECHECK_EVERY: Duration = Duration::from_millis(500);
/// How often the other side has to show that it is there, and how long it may take to.
const PING_EVERY: Duration = Duration::from_secs(20);
const SILENCE_MAX: Duration = Duration::from_secs(50);
/// How long a message may take to be read.
const SEND_MAX: Duration = Duration::from_secs(30);
/// How long saying goodbye may take.
const PARTING_MAX: Duration = Duration::from_secs(1);
/// What is listened to meanwhile, and not answered any more.
const PARTING_FRAMES_MAX: usize = 1_000;

/// Pings and pongs in any such span: each ping is answered, and the answer waits for being read.
const CONTROL_FRAMES_MAX: u32 = 100;
const CONTROL_SPAN: Duration = Duration::from_secs(10);

/// Why a conversation ended.
enum Ending {
    /// The other side left, or does not read, or does not answer.
    Gone,
    /// The other side does not speak this protocol.
    Nonsense,
    /// The other side sends pings without end.
    Flood,
    /// The key has ended.
    Unauthorized,
    /// The node stops.
    Shutdown,
}

/// One socket with the one who opened it.
pub(super) struct Conversation {
    api: Api,
    access: Access,
    certificate: Option<PeerId>,
}

impl Conversation {
    pub(super) const fn new(api: Api, access: Access, certificate: Option<PeerId>) -> Self {
        Self { api, access, certificate }
    }

    /// Holds it to its end.
    pub(super) async fn hold(self, mut socket: WebSocket) {
        let mut question = None;
        let ending = tokio::select! {
            () = self.api.life.shutdown.cancelled() => Ending::Shutdown,
            () = self.key_ends() => Ending::Unauthorized,
            ending = self.talk(&mut socket, &mut question) => ending,
        };
        if let Some(question) = question {
            self.end(question, None).await;
        }
        let close = match ending {
            Ending::Gone => return,
            Ending::Nonsense => (close_code::UNSUPPORTED, "questions are JSON in text messages"),
            Ending::Flood => {
                self.tell_of_flood();
                (close_code::POLICY, "too many pings")
            }
            Ending::Unauthorized => (CLOSE_UNAUTHORIZED, "the key has ended"),
            Ending::Shutdown => (close_code::AWAY, "the node stops"),
        };
        let frame = CloseFrame { code: close.0, reason: close.1.into() };
        // Whether it is heard does not matter: the connection ends all the same. But who is still talking, and be it
        // to answer a ping, has to be listened to (RFC 6455, 7.1.1), or it may never read why.
        let part = async {
            if socket.send(WsMessage::Close(Some(frame))).await.is_ok() {
                for _ in 0..PARTING_FRAMES_MAX {
                    let Some(Ok(_)) = socket.recv().await else { return };
                }
            }
        };
        let _ = tokio::time::timeout(PARTING_MAX, part).await;
    }

    async fn talk(&self, socket: &mut WebSocket, question: &mut Option<Question>) -> Ending {
        let mut ping = tokio::time::interval(PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        let mut control = Window::new(CONTROL_FRAMES_MAX, CONTROL_SPAN);
        loop {
            tokio::select! {
                message = socket.recv() => {
                    heard = Instant::now();
                    match message {
                        Some(Ok(WsMessage::Text(text))) => {
                            if let Some(before) = question.take() {
                                self.end(before, None).await;
                            }
                            let asked = match self.unrecorded() {
                                Some(problem) => Err((None, problem)),
                                None => Question::ask(&self.api, &self.access, text.as_str()).await,
                            };
                            match asked {
                                Ok(asked) => *question = Some(asked),
                                Err((id, problem)) => {
                                    self.refused(&problem).await;
                                    let frame = Frame::Failed { problem: *problem };
                                    if !send(socket, Message { id, frame }).await {
                                        return Ending::Gone;
                                    }
                                }
                            }
                        }
                        Some(Ok(WsMessage::Binary(_))) => return Ending::Nonsense,
                        Some(Ok(WsMessage::Ping(_) | WsMessage::Pong(_))) => {
                            if !control.check(heard.into_std()).allowed {
                                return Ending::Flood;
                            }
                        }
                        Some(Ok(WsMessage::Close(_)) | Err(_)) | None => return Ending::Gone,
                    }
                }
                step = next(question) => {
                    let Some(asked) = question.as_mut() else { continue };
                    let step = match self.may_hear(asked).await {
                        Ok(()) => step,
                        Err(Some(problem)) => Err(problem),
                        Err(None) => return Ending::Unauthorized,
                    };
                    let problem = step.as_ref().err().cloned();
                    let message = asked.message(step);
                    let is_last = !matches!(message.frame, Frame::Progress(_));
                    if !send(socket, message).await {
                        return Ending::Gone;
                    }
                    if is_last && let Some(asked) = question.take() {
                        self.end(asked, problem.as_deref()).await;
                    }
                }
                _ = ping.tick() => {
                    let pinged = socket.send(WsMessage::Ping(Vec::new().into()));
                    let pinged = tokio::time::timeout(SEND_MAX, pinged).await;
                    if heard.elapsed() > SILENCE_MAX || !matches!(pinged, Ok(Ok(()))) {
                        return Ending::Gone;
                    }
                }
            }
        }
    }

    /// Says that a socket was closed for its pings: once in a while for each key, not each time.
    fn tell_of_flood(&self) {
        let key = match &self.access {
            Access::Key(key) => key.key_id.0.as_str(),
            _ => "owner",
        };
        if self.api.limits.is_news("stream flood", key, std::time::Instant::now()) {
            tracing::warn!(key, "a stream was closed: its client sends pings without end");
        }
    }

    /// Why no question can be answered: the last one could not be written down.
    fn unrecorded(&self) -> Option<Box<Problem>> {
        let is_owner = !matches!(self.access, Access::Key(_));
        (!is_owner && self.api.home.audit.problem().is_some()).then(|| Box::new(gate::unrecorded()))
    }

    /// Whether what was found for a question may still be handed over: its key must hold, and must read what
    /// it read when the question was asked.
    async fn may_hear(&self, asked: &Question) -> Result<(), Option<Box<Problem>>> {
        let Access::Key(key) = &self.access else { return Ok(()) };
        let holder = key.clone();
        let read = self.api.home.blocking(move |s| {
            let holder = s.registry.recheck(&holder, Timestamp::now())?;
            Ok::<_, camille_registry::RegistryError>((holder, s.registry.epoch()?))
        });
        match read.await {
            Ok((None, _)) => Err(None),
            Ok((Some(_), epoch)) if asked.epoch == Some(epoch) => Ok(()),
            Ok(_) => Err(Some(Box::new(
                Problem::new(409, "Rights changed")
                    .detail("what this node shares was changed while it searched")
                    .hint("ask again"),
            ))),
            Err(error) => Err(Some(crate::error::internal(&error))),
        }
    }

    /// Returns when the key has ended: never for the owner.
    async fn key_ends(&self) {
        let Access::Key(key) = &self.access else { return std::future::pending().await };
        loop {
            tokio::time::sleep(RECHECK_EVERY).await;
            let holder = key.clone();
            let checked =
                self.api.home.blocking(move |s| s.registry.recheck(&holder, Timestamp::now()));
            match checked.await {
                Ok(Some(_)) => {}
                Ok(None) => return,
                Err(error) => tracing::error!(error = %error, "a key could not be checked again"),
            }
        }
    }

    /// Writes down that a question was not answered.
    async fn refused(&self, problem: &Problem) {
        if let Access::Key(key) = &self.access {
            let (now, nothing) = (std::time::Instant::now(), Audited::default());
            let entry =
                gate::question_entry(ROUTE, key, self.certificate, now, nothing, Some(problem));
            gate::record(&self.api, entry).await;
        }
    }

    /// Writes down what came of a question. One that is not over is given up.
    async fn end(&self, question: Question, problem: Option<&Problem>) {
        if let Access::Key(key) = &self.access {
            question.record(&self.api, key, self.certificate, problem).await;
        }
    }
}

/// The next step of the question; for ever when there is none.
async fn next(question: &mut Option<Question>) -> Result<Step, Box<Problem>> {
    match question {
        Some(question) => question.next().await,
        None => std::future::pending().await,
    }
}

/// Whether the message was handed over.
async fn send(socket: &mut WebSocket, message: Message) -> bool {
    let text = match serde_json::to_string(&message) {
        Ok(text) if text.len() <= ANSWER_BYTES_MAX => text,
        _ => {
            let problem = Problem::new(500, "Answer too large").hint("ask for fewer hits");
            let message = Message { id: message.id, frame: Frame::Failed { problem } };
            serde_json::to_string(&message).unwrap_or_default()
        }
    };
    let sent = tokio::time::timeout(SEND_MAX, socket.send(WsMessage::Text(text.into()))).await;
    matches!(sent, Ok(Ok(())))
}
