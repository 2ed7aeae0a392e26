//! Celery with exactly the module that the emitter makes, and the RabbitMQ and Redis of their emitters.

use super::daemon::{Outcome, emit, hand_over, outcome, own_shell, program};
use super::rabbitmq::Broker;
use crate::harness::{Judge, Server, free_port, judge};

/// A task. Its settings are in the module that the environment names.
const TASKS: &str = r#"
import celery, os
app = celery.Celery("tasks")
app.config_from_object(os.environ["SETTINGS"])

@app.task
def add(a, b):
    return a + b
"#;

/// Has the task done, if both servers are reached.
const CALL: &str = r#"
import tasks
tasks.app.connection().ensure_connection(max_retries=1, timeout=5)
tasks.app.backend.client.ping()
print("the sum is", tasks.add.apply_async((2, 3), retry=False).get(timeout=20))
"#;

struct Queue {
    broker: Broker,
    redis: Server,
    redis_port: u16,
    celery: Judge,
}

impl Queue {
    /// Both servers; nothing if a program is missing.
    fn start() -> Option<Self> {
        let (celery, redis) = (judge("celery")?, judge("redis-server")?);
        let broker = Broker::start(&["--allow", "backend"])?;
        let (workspace, redis_port) = (&broker.workspace, free_port());
        emit(workspace, &["redis", "--cert", "broker", "--mtls", "--port", &redis_port.to_string()]);
        workspace.write("tasks.py", TASKS);
        workspace.write("call.py", CALL);
        hand_over(workspace);
        let mut command = program(workspace, &redis);
        command.args(["deploy/redis-tls.conf", "--save", "", "--loglevel", "verbose"]);
        command.args(["--bind", "127.0.0.1", "127.0.0.2"]);
        let redis = Server::start(command, redis_port);
        Some(Self { broker, redis, redis_port, celery })
    }

    /// The URLs of the broker and of the backend, on these hosts.
    fn urls(&self, broker: &str, backend: &str) -> [String; 2] {
        let (port, redis_port) = (self.broker.port, self.redis_port);
        [format!("amqps://{broker}:{port}"), format!("rediss://{backend}:{redis_port}/0")]
    }

    /// Writes the settings `name`, as a client of an environment, changed by a function.
    fn settings(
        &self,
        name: &str,
        (environment, client): (&str, &str),
        [broker, backend]: &[String; 2],
        change: impl Fn(String) -> String,
    ) {
        let workspace = &self.broker.workspace;
        let options = ["emit", "celery", "--client", client, "--env", environment, "--local"];
        let urls = ["--broker", broker, "--backend", backend];
        let file = workspace.pkictl(&[&options[..], &urls].concat()).succeeds().stdout;
        // The harness hides where the workspace is; a client must know it.
        let file = file.replace("[HERE]", &workspace.path().display().to_string());
        workspace.write(&format!("{name}.py"), change(file));
    }

    /// A worker, which has its settings from this module.
    fn worker(&self, settings: &str) -> Server {
        let celery = self.celery.path().display();
        let script = format!(
            "export SETTINGS={settings} PYTHONDONTWRITEBYTECODE=1; \
             exec {celery} -A tasks worker --pool solo --without-gossip --without-mingle --loglevel info"
        );
        let worker = Server::start(own_shell(&self.broker.workspace, &script), self.broker.port);
        worker.says("ready.");
        worker
    }

    /// A task, called with the settings of this module.
    fn call(&self, settings: &str) -> Outcome {
        let python = self.celery.path().with_file_name("python3");
        let script =
            format!("SETTINGS={settings} PYTHONDONTWRITEBYTECODE=1 exec {} call.py", python.display());
        outcome(own_shell(&self.broker.workspace, &script), "")
    }
}

#[test]
fn a_task_runs_for_an_allowed_client_and_nobody_else_and_only_at_servers_of_the_right_name() {
    let Some(queue) = Queue::start() else { return };
    with_rabbitmq_as_the_broker(&queue);
    with_redis_as_the_broker(&queue);
}

fn with_rabbitmq_as_the_broker(queue: &Queue) {
    let urls = queue.urls("localhost", "localhost");
    queue.settings("allowed", ("dev", "backend"), &urls, |file| file);
    let _worker = queue.worker("allowed");
    queue.call("allowed").says("the sum is 5");

    queue.settings("other", ("dev", "intruder"), &urls, |file| file);
    queue.call("other").is_refused("ACCESS_REFUSED");
    queue.broker.server.says("EXTERNAL login refused: user 'intruder' - invalid credentials");

    // A client of other authorities does not even trust these servers; one that does is not trusted by them.
    queue.settings("foreign", ("foreign", "backend"), &urls, |file| file);
    queue.call("foreign").is_refused("certificate verify failed");
    let trusting = |file: String| file.replace("foreign/certs/backend/ca.crt", "dev/certs/backend/ca.crt");
    queue.settings("trusting", ("foreign", "backend"), &urls, trusting);
    queue.call("trusting").fails();
    queue.broker.server.says("Fatal - Unknown CA");

    // Addresses of this machine that the certificate does not name; the resolver knows the first one as 127.0.0.1.
    queue.settings("misnamed_broker", ("dev", "backend"), &queue.urls("127.1", "localhost"), |file| file);
    queue.call("misnamed_broker").is_refused("certificate is not valid for '127.1'");
    queue
        .settings("misnamed_backend", ("dev", "backend"), &queue.urls("localhost", "127.0.0.2"), |file| file);
    queue.call("misnamed_backend").is_refused("certificate is not valid for '127.0.0.2'");
}

fn with_redis_as_the_broker(queue: &Queue) {
    let [_, redis] = queue.urls("localhost", "localhost");
    queue.settings("redis_alone", ("dev", "backend"), &[redis.clone(), redis.clone()], |file| file);
    let _worker = queue.worker("redis_alone");
    queue.call("redis_alone").says("the sum is 5");
    let nothing_shown = |file: String| file.replace("\"ssl_certfile\"", "#").replace("\"ssl_keyfile\"", "#");
    queue.settings("nobody", ("dev", "backend"), &[redis.clone(), redis], nothing_shown);
    queue.call("nobody").fails();
    queue.redis.says("peer did not return a certificate");
    let [_, misnamed] = queue.urls("localhost", "127.0.0.2");
    queue.settings("misnamed", ("dev", "backend"), &[misnamed.clone(), misnamed], |file| file);
    queue.call("misnamed").is_refused("certificate is not valid for '127.0.0.2'");
}
