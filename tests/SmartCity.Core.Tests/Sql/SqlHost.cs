using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SmartCity.Core.Lake;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Lake;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Tests.Sql;

/// <summary>A core with a real lake behind its SQL: three days of charges and passages, in Postgres and archived.</summary>
public sealed class SqlHost(PostgresServer server) : IAsyncLifetime
{
    public const string Blind = "sql_tests_blind";
    public const string Sees = "sql_tests_sees";

    private readonly string _objects = Directory.CreateTempSubdirectory("sql-objects").FullName;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private IHost? _lake;

    public CoreHost Core { get; } = new(server);

    public async ValueTask InitializeAsync()
    {
        _listener.Start();
        Core.Settings = new()
        {
            ["ConnectionStrings:objects"] = _objects,
            ["Core:Sql:Address"] = _listener.LocalEndpoint.ToString(),
            ["Core:Sql:Role"] = Blind,
            ["Core:Sql:Password"] = "x",
            ["Core:Sql:PlatesRole"] = Sees,
            ["Core:Sql:PlatesPassword"] = "x",
            ["Core:Sql:MostRows"] = "100",
        };
        await Core.InitializeAsync();
        await FillAsync();
        _lake = await StartLakeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _lake!.StopAsync();
        _lake.Dispose();
        _listener.Dispose();
        await Core.DisposeAsync();
        Directory.Delete(_objects, recursive: true);
    }

    private async Task<IHost> StartLakeAsync()
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:postgres"] = Core.Postgres.ConnectionString,
            ["ConnectionStrings:objects"] = _objects,
            ["Lake:Analyst"] = Sees,
            ["Lake:AnalystPassword"] = "x",
            ["Lake:AnalystWithoutPlates"] = Blind,
            ["Lake:AnalystWithoutPlatesPassword"] = "x",
            ["Lake:Folder"] = Path.Combine(_objects, "copies"),
        });
        builder.Services.AddLogging().AddSingleton(TimeProvider.System).AddSingleton<WorkerHealth>().AddSingleton(_listener);
        builder.AddLake();
        var host = builder.Build();
        await host.StartAsync();
        var health = host.Services.GetRequiredService<WorkerHealth>();
        await CoreHost.UntilAsync(() => Task.FromResult(health.Reports.Count >= 2 && health.Reports.All(r => r.State == WorkerState.Healthy)), "the lake is ready");
        return host;
    }

    private async Task FillAsync()
    {
        await Core.Postgres.ExecuteAsync(
            """
            insert into vehicles (plate, make, class, fuel, euro, keeper) values ('SQ01AAA', 'Ford', 'car', 'diesel', 4, 'Ada Keeper'), ('SQ02BBB', 'Tesla', 'car', 'electric', null, null), ('SQ03CCC', '=Audi', 'car', 'petrol', 3, null);
            insert into charge_entries (id, kind, plate, scheme, day, generation, amount, rule, why, tariff_version, sighting_id, station_id, recorded_at)
            select gen_random_uuid(), k.kind, p.plate, s.scheme, d.day, 0, case k.kind when 'charge' then s.amount else -s.amount end, 'r', 'w', 't', gen_random_uuid(), 'london-a1', d.day + interval '10 hours'
            from (values ('SQ01AAA'), ('SQ02BBB'), ('SQ03CCC')) p(plate), (values ('ulez', 12.50), ('congestion', 18.00)) s(scheme, amount), (values (date '2026-10-24'), (date '2026-10-25'), (date '2026-10-26')) d(day), (values ('charge'), ('reversal')) k(kind)
            where k.kind = 'charge' or (p.plate = 'SQ03CCC' and d.day = '2026-10-25');
            """);
        var hour = 0;
        foreach (var plate in (string[])["SQ01AAA", "SQ02BBB", "SQ01AAA", "SQ03CCC"])
        {
            await Core.Postgres.ExecuteAsync(
                """
                insert into passages (id, plate, station_id, camera_id, first_at, last_at, sightings, best_sighting_id, best_at, best_confidence)
                values (gen_random_uuid(), $2, 'london-a1', 'c', $1, $1, 1, gen_random_uuid(), $1, 1)
                """, new DateTimeOffset(2026, 10, 25, hour++, 30, 0, TimeSpan.Zero), plate);
        }

        // The core's own archive may be at it.
        await Core.Postgres.ExecuteAsync("insert into lake_days (day) values ('2026-10-25')");
        var feeds = new LakeFeeds(Core.Postgres.DataSource, new CityLake(Core.Postgres.DataSource, new FolderObjectStore(_objects), TimeProvider.System));
        await CoreHost.UntilAsync(async () =>
        {
            await feeds.RunAsync(new DateOnly(2026, 11, 1), CancellationToken.None);
            return await Core.Postgres.ScalarAsync<long>("select (select count(*) from lake_charges) + (select count(*) from lake_days)") == 0;
        }, "charges and passages are in the lake");
    }
}
