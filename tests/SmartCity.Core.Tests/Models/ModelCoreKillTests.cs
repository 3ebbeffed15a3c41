using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Cities;
using SmartCity.Contracts.Models;
using SmartCity.Core.Audit;
using SmartCity.Core.Models;
using SmartCity.Core.Secrets;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.Edge.Tests.Models;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Tests.Models;

/// <summary>A core as a process of its own, killed in each phase of a version's way. Each time it is in the middle of writing: what it writes is held up until it is dead.</summary>
public sealed class ModelCoreKillTests(PostgresServer server) : IAsyncLifetime
{
    private const string Key = "a key of the tests that may do everything";
    private const string Version = "own-read-2";
    private const int Patience = 120;

    private static readonly IReadOnlyList<string> Stations = [.. City.Load(null).Stations.Select(s => s.Id)];

    private readonly PostgresFixture _postgres = new(server);
    private readonly TestModels _keys = new();
    private readonly DirectoryInfo _objects = Directory.CreateTempSubdirectory("smartcity-objects");
    private readonly InProcessBroker _kafka = new([.. Stations.Select(s => (Topics.Mirrored(s, Topics.StationHeartbeats), 1)), (Topics.DeadLetters, 1), (Topics.Alerts, 1), (Topics.Events, 1)]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _postgres.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await _postgres.DisposeAsync();
        _kafka.Dispose();
        _keys.Dispose();
        _objects.Delete(recursive: true);
    }

    [Fact]
    public async Task Killed_while_it_signs_judges_promotes_advances_a_ring_or_goes_back_the_next_core_goes_on()
    {
        // It signs what a process without the key took in.
        using (var core = await StartAsync())
        {
            var turn = await HoldAsync("select pg_advisory_xact_lock(15, 1)");
            await TakeInAsync();
            await using var held = await HoldAsync($"select from model_versions where id = '{Version}' for update");
            await turn.DisposeAsync();
            await KilledAsync(core);
            Assert.Equal(0L, await _postgres.ScalarAsync<long>($"select count(signature) from model_versions where id = '{Version}'"));
        }

        using (var core = await StartAsync())
        {
            await CoreHost.UntilAsync(async () => (await core.VersionAsync()).IsSigned, "it is signed", Patience);

            // It judges what a training made.
            await using (await HoldAsync("lock table model_judgements in exclusive mode"))
            {
                await TrainedAsync();
                await KilledAsync(core);
            }

            Assert.Equal(0L, await _postgres.ScalarAsync<long>("select count(*) from model_judgements"));
        }

        using (var core = await StartAsync())
        {
            await CoreHost.UntilAsync(async () => (await core.VersionAsync()).Judgement is not null, "it is judged", Patience);
            Assert.Equal(1L, await _postgres.ScalarAsync<long>("select count(*) from model_judgements"));

            // It promotes: two orders, the alias and the rollout are one.
            await PassedAsync();
            await using (await HoldAsync("lock table model_rollouts in exclusive mode"))
            {
                var promoting = core.Http.PostAsJsonAsync($"/api/models/{Version}/promote", new ModelPromotion(), Token);
                await KilledAsync(core);
                await Assert.ThrowsAnyAsync<HttpRequestException>(() => promoting);
            }

            Assert.Equal(0L, await _postgres.ScalarAsync<long>("select (select count(*) from model_orders) + (select count(*) from model_rollouts) + (select count(*) from model_aliases where alias = 'challenger')"));
        }

        using (var core = await StartAsync())
        {
            using (var promoted = await core.Http.PostAsJsonAsync($"/api/models/{Version}/promote", new ModelPromotion(), Token))
            {
                Assert.True(promoted.IsSuccessStatusCode, await promoted.Content.ReadAsStringAsync(Token));
            }

            // It gives the next ring the version.
            await using var held = await HoldAsync("select from model_rollouts for update");
            await SayUntilAsync(WaitsAsync, "it advances");
            await KilledAsync(core);
            Assert.Equal(0, await _postgres.ScalarAsync<int>("select ring from model_rollouts"));
        }

        using (var core = await StartAsync())
        {
            await SayUntilAsync(async () => (await core.ModelsAsync()).Rollouts[0].State == "done", "every ring has it");
            Assert.Equal(["champion"], (await core.VersionAsync()).Aliases);

            // A person sends every edge back.
            await using (await HoldAsync("lock table model_orders in exclusive mode"))
            {
                var back = core.Http.PostAsync("/api/models/rollouts/reader/rollback", null, Token);
                await KilledAsync(core);
                await Assert.ThrowsAnyAsync<HttpRequestException>(() => back);
            }

            Assert.Equal((2L, Version), (await _postgres.ScalarAsync<long>("select count(*) from model_orders"), await _postgres.ScalarAsync<string>("select version_id from model_aliases where kind = 'reader' and alias = 'champion'")));
        }

        using (var core = await StartAsync())
        {
            using var back = await core.Http.PostAsync("/api/models/rollouts/reader/rollback", null, Token);
            Assert.True(back.IsSuccessStatusCode, await back.Content.ReadAsStringAsync(Token));
            Assert.Equal("city-read-1", await _postgres.ScalarAsync<string>("select version_id from model_aliases where kind = 'reader' and alias = 'champion'"));
            Assert.Equal([1L, 2L, 3L], await _postgres.ColumnAsync<long>("select sequence from model_orders order by 1"));
        }
    }

    // As a trainer takes it in: it has no key.
    private async Task TakeInAsync()
    {
        var objects = ObjectStoreConnection.Parse(_objects.FullName).Open();
        using var none = new ModelSigningKey(Options.Create(new ModelOptions()));
        var registry = new ModelRegistry(_postgres.DataSource, objects, none, new AuditLog(_postgres.DataSource, CoreSecret.From(CoreHost.Secret, null), TimeProvider.System), TimeProvider.System);
        var manifest = TestModels.Manifest(TestModels.Shipped(), 2, Version);
        await registry.ImportAsync(Encoding.UTF8.GetString(manifest.ToBytes()), null, TestModels.Shipped(), "a test", Token);
    }

    private Task TrainedAsync() => _postgres.ExecuteAsync(
        $"""
        insert into datasets (digest, created_at, created_by, items, counts) values ('none', now(), 'a test', 0, '{JsonSerializer.Serialize(new DatasetCounts(0, 0, 0, new Dictionary<string, int>(), new Dictionary<string, int>(), new Dictionary<string, int>()), JsonSerializerOptions.Web)}');
        insert into training_runs (id, kind, dataset, parent_id, settings, state, started_by, created_at, version_id) values (gen_random_uuid(), 'reader', 'none', 'city-read-1', '{JsonSerializer.Serialize(new NewTraining(), JsonSerializerOptions.Web)}', 'done', 'a test', now(), '{Version}');
        """);

    // There are no plates to judge by here: somebody has judged it well.
    private Task PassedAsync() => _postgres.ExecuteAsync(
        $$"""
        insert into model_judgements (id, version_id, against_id, passed, report, at)
        values (gen_random_uuid(), '{{Version}}', 'city-read-1', true, '{"against":"city-read-1","passed":true,"gates":[],"figures":[],"at":"2026-11-18T12:00:00+00:00"}', now() + interval '1 minute')
        """);

    private async Task<Held> HoldAsync(string sql)
    {
        var connection = await _postgres.DataSource.OpenConnectionAsync(Token);
        var transaction = await connection.BeginTransactionAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        await command.ExecuteNonQueryAsync(Token);
        return new Held(connection, transaction);
    }

    private async Task<bool> WaitsAsync() => await _postgres.ScalarAsync<long>("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") > 0;

    private async Task KilledAsync(CoreProcess core)
    {
        await CoreHost.UntilAsync(WaitsAsync, "the core is writing", Patience);
        await core.KillAsync();
        await _postgres.ExecuteAsync("do $$ begin perform pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'; end $$");
        await CoreHost.UntilAsync(async () => !await WaitsAsync(), "what it wrote is undone");
    }

    private async Task SayUntilAsync(Func<Task<bool>> condition, string what)
    {
        using var producer = new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig { BootstrapServers = _kafka.BootstrapServers, LingerMs = 1 }).Build();
        await CoreHost.UntilAsync(
            async () =>
            {
                foreach (var station in Stations)
                {
                    var model = new ModelHeartbeat { Kind = ModelKind.Reader, Version = Version, Phase = ModelPhase.Watched, Order = 1_000, Reads = 50 };
                    var beat = new StationHeartbeat { StationId = station, At = TimeProvider.System.GetUtcNow(), Models = [model] };
                    await producer.ProduceAsync(Topics.Mirrored(station, Topics.StationHeartbeats), new Message<byte[]?, byte[]?> { Value = JsonSerializer.SerializeToUtf8Bytes(beat, ContractsJson.Default.StationHeartbeat) }, Token);
                }

                return await condition();
            },
            what,
            Patience);
    }

    private async Task<CoreProcess> StartAsync()
    {
        var port = FreePorts.Take();
        var start = new ProcessStartInfo("dotnet", [typeof(ModelRegistry).Assembly.Location]) { RedirectStandardOutput = true };
        foreach (var (name, value) in (IEnumerable<(string, string)>)
        [
            ("ConnectionStrings__postgres", _postgres.ConnectionString), ("ConnectionStrings__core-kafka", _kafka.BootstrapServers), ("ConnectionStrings__objects", _objects.FullName), ("Core__Secrets__Key", CoreHost.Secret),
            ("Core__Models__SigningKey", _keys.PrivateKeyPem), ("Core__Models__Interval", "00:00:00.100"), ("Core__Models__RingTime", "00:00:00"), ("Core__Models__RingReads", "10"), ("Core__Models__Training__Where", "Nowhere"),
            ("Aspire__Confluent__Kafka__Consumer__Config__SessionTimeoutMs", "6000"), ("Aspire__Confluent__Kafka__Consumer__Config__HeartbeatIntervalMs", "1000"), ("urls", $"http://127.0.0.1:{port}"),
            ("Core__Access__FirstPassword", CoreHost.AdministratorPassword), ("Core__Access__ServiceKeys__0__Name", "tests"), ("Core__Access__ServiceKeys__0__Key", Key), .. Scope.All.Select((s, i) => ($"Core__Access__ServiceKeys__0__Scopes__{i}", s)),
        ])
        {
            start.Environment[name] = value;
        }

        var core = new CoreProcess(Process.Start(start)!, port);
        await CoreHost.UntilAsync(core.AnswersAsync, "the core answers", Patience);
        return core;
    }

    private sealed class Held(NpgsqlConnection connection, NpgsqlTransaction transaction) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync();
            await connection.DisposeAsync();
        }
    }

    private sealed class CoreProcess : IDisposable
    {
        private readonly Process _process;

        public CoreProcess(Process process, int port)
        {
            _process = process;
            process.OutputDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(2) };
            Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
            Http.DefaultRequestHeaders.Add("Audit-Reason", "a test");
        }

        public HttpClient Http { get; }

        public async Task<bool> AnswersAsync()
        {
            Assert.False(_process.HasExited, "The core ended by itself.");
            try
            {
                return (await ModelsAsync()).Versions.Count > 0;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }

        public async Task<ModelsView> ModelsAsync() => (await Http.GetFromJsonAsync<ModelsView>("/api/models", Token))!;

        public async Task<ModelVersionView> VersionAsync() => (await Http.GetFromJsonAsync<ModelVersionView>($"/api/models/{Version}", Token))!;

        public async Task KillAsync()
        {
            _process.Kill();
            await _process.WaitForExitAsync(Token);
        }

        public void Dispose()
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
            Http.Dispose();
        }
    }
}
