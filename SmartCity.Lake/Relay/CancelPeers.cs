using Npgsql;

namespace SmartCity.Lake.Relay;

/// <summary>
/// Requests to cancel come by a connection of their own, which leads to another process where several share an address. That one writes them down in Postgres, where only the
/// owner of the database reads, and the process that runs the statement takes them from there.
/// </summary>
internal sealed class CancelPeers(NpgsqlDataSource dataSource, Cancellations cancellations, TimeProvider time, ILogger<CancelPeers> logger) : BackgroundService
{
    private const string Channel = "smartcity_lake_cancels";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(10);

    // Whoever asks has not said who they are: together they have one connection.
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <param name="key">Of a session of another process.</param>
    /// <exception cref="NpgsqlException">Postgres does not answer.</exception>
    public async Task AskAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
            await using var batch = new NpgsqlBatch(connection)
            {
                BatchCommands =
                {
                    new("delete from public.lake_cancels where asked_at < now() - interval '1 minute'"), // nobody runs them
                    new("insert into public.lake_cancels (key) values ($1) on conflict do nothing") { Parameters = { new() { Value = key.ToArray() } } },
                    new($"notify {Channel}"),
                },
            };
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            // Nobody has made the schema yet, so no statement runs.
        }
        finally
        {
            _turn.Release();
        }
    }

    public override void Dispose()
    {
        _turn.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (NpgsqlException e)
            {
                logger.LogInformation("Requests to cancel that come to other processes are not heard for the moment: {Error}", e.Message);
                await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using (var listen = new NpgsqlCommand($"listen {Channel}", connection))
        {
            await listen.ExecuteNonQueryAsync(cancellationToken);
        }

        while (true)
        {
            await TakeAsync(connection, cancellationToken);

            // A connection that is half open says nothing: what is asked after a while shows it.
            await connection.WaitAsync(Beat, cancellationToken);
        }
    }

    private async Task TakeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (keys, asked) = (cancellations.Keys.ToArray(), new List<byte[]>());
        if (keys.Length == 0)
        {
            return; // at the first start there is no table yet either
        }

        await using var command = new NpgsqlCommand("delete from public.lake_cancels where key = any($1) and asked_at > now() - interval '1 minute' returning key", connection) { Parameters = { new() { Value = keys } } };
        try
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                asked.Add(reader.GetFieldValue<byte[]>(0));
            }
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return;
        }

        foreach (var key in asked)
        {
            cancellations.Cancel(key);
        }
    }
}
