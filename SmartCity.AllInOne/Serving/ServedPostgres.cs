using Npgsql;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.AllInOne.Serving;

/// <summary><c>smartcity serve postgres</c>.</summary>
internal static class ServedPostgres
{
    public static async Task<Served> StartAsync(ServedContext host, string folder, int? port, CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new InvalidOperationException("On Windows Postgres is not started here; set ConnectionStrings__postgres to one that runs.");
        }

        var data = DataFolder.Take(folder);
        try
        {
            var postgres = await EmbeddedPostgres.StartAsync(data.Below("postgres"), cancellationToken, port);
            host.Logger.LogInformation("Postgres runs, data in {Folder}.", data.Path);
            return new Served(
                postgres.ConnectionString,
                new Ending(data),
                postgres,
                new LogTail(postgres.Log, Console.Out, host.Time).Start(),
                new PostgresWatch(postgres.ConnectionString, host.Health, host.Time));
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }
}

/// <summary>Asks a Postgres every few seconds whether it answers, for the health of the process that serves it.</summary>
internal sealed class PostgresWatch : IAsyncDisposable
{
    private const string Worker = "postgres";
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _stop = new();
    private readonly NpgsqlDataSource _source;
    private readonly WorkerHealth _health;
    private readonly TimeProvider _time;
    private readonly Task _watching;

    public PostgresWatch(string connectionString, WorkerHealth health, TimeProvider time)
    {
        _source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = 1, Timeout = 3, CommandTimeout = 3 }.ConnectionString);
        _health = health;
        _time = time;
        _watching = Task.Run(WatchAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        await _source.DisposeAsync();
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using var command = _source.CreateCommand("select 1");
                await command.ExecuteScalarAsync(_stop.Token);
                _health.Healthy(Worker);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                _health.Failed(Worker, $"Postgres does not answer: {e.Message}");
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(Every, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
