using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Npgsql;
using SmartCity.Bricks;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Cities;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Functions;

/// <summary>
/// Tells one function what happened, in order by key, until it is done or a dead letter. One core at a time does so, whichever holds it. What is in
/// work when a core dies is told again by another.
/// </summary>
/// <param name="call">The function.</param>
internal sealed class FunctionRunner(
    CityFunction function, Func<CloudEvent<JsonElement>, CancellationToken, ValueTask<Result>> call, FunctionQueue queue, FunctionEventReader reader, WorkerHealth health, TimeProvider time, ILogger logger)
{
    private const int AtOnce = 200;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    // A core that cannot renew its lease stops so long after it asked for the last one, and cancels its calls when Drain is over too: before another core may begin.
    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly Guid _me = Guid.NewGuid();
    private readonly ConcurrentDictionary<(string Source, string Id), long> _inWork = new();
    private readonly ConcurrentQueue<((string Source, string Id) Event, GivenUp? Why)> _ended = new();
    private string? _trouble;

    public string Worker { get; } = $"function {function.Name}";

    public async Task RunAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            using var held = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
            if (await HoldAsync(held, stoppingToken))
            {
                await WorkAsync(held, stoppingToken);
            }
            else
            {
                health.Healthy(Worker, "Another core calls it.");
                await Task.Delay(Pause, time, stoppingToken);
            }
        }
    }

    /// <param name="held">Cancelled when nothing may be called any more, unless the function is held again before.</param>
    private async Task<bool> HoldAsync(CancellationTokenSource held, CancellationToken cancellationToken)
    {
        var asked = time.GetTimestamp();
        if (!await queue.HoldAsync(function.Name, _me, Lease, cancellationToken) || time.GetElapsedTime(asked) >= Hold)
        {
            return false;
        }

        held.CancelAfter(Hold - time.GetElapsedTime(asked));
        return true;
    }

    private async Task WorkAsync(CancellationTokenSource held, CancellationToken stoppingToken)
    {
        _inWork.Clear();
        _ended.Clear();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, held.Token);
        var flow = new Flow<JsonElement>(CallAsync)
        {
            Attempts = function.Attempts,
            TimeLimit = function.TimeLimit,
            Parallelism = function.AtOnce,
            Drain = Drain,
            Clock = time,
            DeadLetters = BuryAsync,

            // A row that is done is gone.
            Seen = null,
        };
        var running = flow.RunAsync(WaitingAsync(ending.Token), ending.Token);
        try
        {
            await KeepAsync(running, held, ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // What was in work and does not end in time is told again, by whoever holds the function then.
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAny(running);
            await LetGoAsync();
        }

        if (running.IsFaulted)
        {
            await running;
        }
    }

    // If the database cannot be reached, what is done is told again, and others wait until this core's time is over.
    private async Task LetGoAsync()
    {
        using var patience = new CancellationTokenSource(Farewell, time);
        try
        {
            await SettleAsync(patience.Token);
            await queue.LetGoAsync(function.Name, _me, patience.Token);
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException)
        {
            Wait(e);
        }
    }

    // Until somebody else holds the function.
    private async Task KeepAsync(Task running, CancellationTokenSource held, CancellationToken ending)
    {
        var (renewed, reported) = (time.GetTimestamp(), 0L);
        while (!running.IsCompleted)
        {
            await Task.WhenAny(running, Task.Delay(Look, time, ending));
            ending.ThrowIfCancellationRequested();
            try
            {
                await SettleAsync(ending);
                if (time.GetElapsedTime(renewed) > Hold / 4)
                {
                    if (!await HoldAsync(held, ending))
                    {
                        return;
                    }

                    renewed = time.GetTimestamp();
                }

                if (reported == 0 || time.GetElapsedTime(reported) > Pause)
                {
                    await ReportAsync(ending);
                    reported = time.GetTimestamp();
                }
            }
            catch (NpgsqlException e)
            {
                Wait(e);
            }
        }
    }

    private async ValueTask<Result> CallAsync(CloudEvent<JsonElement> e, CancellationToken cancellationToken)
    {
        try
        {
            var result = await call(e, cancellationToken);
            _trouble = result.Reason;
            if (result == Result.Done)
            {
                _ended.Enqueue(((e.Source, e.Id), null));
            }

            return result;
        }
        catch (OperationCanceledException)
        {
            _trouble = $"It did not end within {function.TimeLimit}.";
            throw;
        }
    }

    private Task BuryAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        logger.LogError("Function {Function} did not take event {Event} of {Source} in {Attempts} attempts, and it is a dead letter: GET /api/functions/dead-letters says why.", function.Name, letter.Id, letter.Source, letter.Attempts);
        _ended.Enqueue(((letter.Source, letter.Id), new GivenUp(Row((letter.Source, letter.Id)), letter.Attempts, letter.Reason, letter.At)));
        return Task.CompletedTask;
    }

    private async IAsyncEnumerable<CloudEvent<JsonElement>> WaitingAsync([EnumeratorCancellation] CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var given = 0;
            foreach (var (row, e) in await NextAsync(stop))
            {
                if (e is null)
                {
                    // Erased: nobody is told.
                    var gone = ("", row.ToString(CultureInfo.InvariantCulture));
                    _inWork[gone] = row;
                    _ended.Enqueue((gone, null));
                }
                else if (_inWork.TryAdd((e.Source, e.Id), row))
                {
                    given++;
                    yield return e;
                }
            }

            if (given == 0)
            {
                await Task.Delay(Look, time, stop);
            }
        }
    }

    private async Task<List<(long Row, CloudEvent<JsonElement>? Event)>> NextAsync(CancellationToken stop)
    {
        try
        {
            var rows = await queue.WaitingAsync(function.Name, [.. _inWork.Values], AtOnce, stop);
            var events = await reader.ReadAsync(rows, stop);
            return rows.ConvertAll(r => (r.Id, events.GetValueOrDefault(r.Id)));
        }
        catch (NpgsqlException e)
        {
            Wait(e);
            return [];
        }
    }

    // What is said to be done stays in work until the database knows of it.
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        var ended = _ended.ToArray();
        if (ended.Length == 0)
        {
            return;
        }

        await queue.SettleAsync([.. ended.Where(e => e.Why is null).Select(e => Row(e.Event))], [.. ended.Select(e => e.Why).OfType<GivenUp>()], cancellationToken);
        foreach (var (which, _) in ended)
        {
            _ended.TryDequeue(out _);
            _inWork.TryRemove(which, out _);
        }
    }

    // 0, which no row has, of an event whose earlier attempt was done after all.
    private long Row((string Source, string Id) which) => _inWork.GetValueOrDefault(which);

    private async Task ReportAsync(CancellationToken cancellationToken)
    {
        // A core with another city file may have said that there is no such function any more.
        var view = (await queue.ViewsAsync(function.Name, cancellationToken)).SingleOrDefault() ?? new FunctionView(function.Name, [], 0, null, 0);
        var (one, dead) = (view.DeadLetters == 1, view.DeadLetters > 0);
        if (_trouble is not null || dead)
        {
            var letters = dead ? $" {view.DeadLetters} {(one ? "event was" : "events were")} given up: GET /api/functions/dead-letters lists {(one ? "it" : "them")}, and POST /api/functions/{function.Name}/resend sends {(one ? "it" : "them")} again." : "";
            health.Degraded(Worker, $"{view.Waiting} {(view.Waiting == 1 ? "event waits" : "events wait")}. {_trouble}{letters}");
        }
        else
        {
            health.Healthy(Worker, $"{view.Waiting} {(view.Waiting == 1 ? "event waits" : "events wait")}.");
        }
    }

    private void Wait(Exception e)
    {
        health.Degraded(Worker, $"It is told nothing for now: {e.Message}");
        logger.LogWarning("Function {Function} is told nothing for now, and the core tries again: {Error}", function.Name, e.Message);
    }
}
