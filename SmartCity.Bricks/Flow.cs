using System.Diagnostics;
using System.Text.Json;

namespace SmartCity.Bricks;

/// <summary>
/// A function and how it is run: which events it gets, how often it is tried, how long it may take, where what it cannot do goes. The same flow runs in
/// process (<see cref="RunAsync"/>), on Kafka (<see cref="Kafka.KafkaWorker{T}"/>) and behind HTTP (<see cref="Http.FlowEndpoint"/>). At least once, in order by key.
/// </summary>
/// <param name="Function">Event and token → result. The token ends an attempt that has taken too long.</param>
public sealed record Flow<T>(Func<CloudEvent<T>, CancellationToken, ValueTask<Result>> Function)
{
    private const int TakenAheadForEach = 16;

    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    /// <summary>Events for which this is false are passed over.</summary>
    public Func<CloudEvent<T>, bool>? Where { get; init; }

    /// <summary>Attempts before an event is a dead letter.</summary>
    public int Attempts { get; init; } = 8;

    /// <summary>Before the second attempt; doubled for each further one, with some randomness.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan LongestRetry { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an attempt may take. One that pays no heed to its token is left behind and counts as failed.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Events in work at a time. Those of one key are always one after another.</summary>
    public int Parallelism { get; init; } = 4;

    /// <summary>Events in memory at most. A key that fails or takes long holds up no other until so many wait, nearly all behind it.</summary>
    public int MostWaiting { get; init; } = 10_000;

    /// <summary>The same in bytes: of Kafka's records, and of data that is bytes or text. Of other data nobody knows them. One event may be larger.</summary>
    public long MostWaitingBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>How long events in work have to end after a stop was asked for; then they are cancelled, and come again.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Takes dead letters. It is tried until it succeeds: nothing is let go of before. Null: the events' source decides (<see cref="Kafka.KafkaWorker{T}"/> has a topic, HTTP answers with an error).</summary>
    public Func<DeadLetter, CancellationToken, Task>? DeadLetters { get; init; }

    /// <summary>Events that are done: their repeats are passed over. Copies of a flow made by <c>with</c> share it. Null for none.</summary>
    public ISeenEvents? Seen { get; init; } = new SeenWindow();

    /// <summary>How data is read and written.</summary>
    public JsonSerializerOptions Json { get; init; } = JsonSerializerOptions.Web;

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Runs in process until the events end or a stop is asked for; returns when all that was taken is done or a dead letter.</summary>
    /// <exception cref="OperationCanceledException">What was in work did not end within <see cref="Drain"/>.</exception>
    public async Task RunAsync(IAsyncEnumerable<CloudEvent<T>> events, CancellationToken stop = default)
    {
        using var lanes = new Lanes<T>(this, null, TakenAheadForEach * Math.Max(1, Parallelism), null, stop);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop, lanes.Ended);
        try
        {
            await TakeAsync(events, lanes, ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // What was taken is finished below, which also says what has failed.
        }
        catch
        {
            // The source failed; what it had given is finished all the same.
            await lanes.FinishAsync();
            throw;
        }

        await lanes.FinishAsync();
    }

    // A source that pays no heed to its token is left behind.
    private static async Task TakeAsync(IAsyncEnumerable<CloudEvent<T>> events, Lanes<T> lanes, CancellationToken ending)
    {
        var source = events.GetAsyncEnumerator(ending);
        var asked = Task.FromResult(false);
        try
        {
            while (await (asked = source.MoveNextAsync().AsTask()).WaitAsync(ending))
            {
                lanes.Add(new Arrival<T>(source.Current.Key ?? source.Current.Id, source.Current, EventData<T>.BytesOf(source.Current.Data)));
                await lanes.RoomAsync();
                ending.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            if (await Task.WhenAny(asked, Task.Delay(Farewell, CancellationToken.None)) == asked)
            {
                await source.DisposeAsync();
            }
        }
    }

    /// <summary>One event to its end, with all attempts; what could not be done is returned, not sent to <see cref="DeadLetters"/>.</summary>
    internal async ValueTask<DeadLetter?> HandleAsync(CloudEvent<T> e, Attempt attempt, CancellationToken abort)
    {
        for (var made = 1; ; made++)
        {
            var result = await TryAsync(e, attempt, isFirst: made == 1);
            if (result.Kind == ResultKind.Done)
            {
                return null;
            }

            if (result.Kind == ResultKind.Rejected || made >= Attempts)
            {
                return Letter(e, result, made);
            }

            BricksTelemetry.Retried.Add(1);
            await Task.Delay(WaitAfter(made), Clock, abort);
        }
    }

    /// <summary>One attempt, or none of an event that is to be passed over.</summary>
    internal async ValueTask<Result> TryAsync(CloudEvent<T> e, Attempt attempt, bool isFirst)
    {
        try
        {
            if (Where is not null && !Where(e))
            {
                return Result.Done;
            }
        }
        catch (Exception fault)
        {
            return Result.Failed($"The filter failed: {fault.Message}");
        }

        if (isFirst && Seen?.Has(e.Source, e.Id) == true)
        {
            BricksTelemetry.Repeated.Add(1);
            return Result.Done;
        }

        using var activity = BricksTelemetry.Start("handle ", e.Type, ActivityKind.Consumer, e.TraceParent, e.TraceState);
        var result = await attempt.RunAsync(this, e);
        if (result.Kind == ResultKind.Done)
        {
            Seen?.Add(e.Source, e.Id);
            BricksTelemetry.Done.Add(1);
        }
        else
        {
            activity?.SetStatus(ActivityStatusCode.Error, result.Reason);
        }

        return result;
    }

    internal DeadLetter Letter(CloudEvent<T> e, Result result, int made) => new()
    {
        Reason = result.Reason!,
        Attempts = made,
        IsRejected = result.Kind == ResultKind.Rejected,
        At = Clock.GetUtcNow(),
        Source = e.Source,
        Id = e.Id,
        Key = e.Key is null ? null : System.Text.Encoding.UTF8.GetBytes(e.Key),
        Value = EventData<T>.Write(e.Data, Json),
    };

    /// <summary>How long to wait after so many attempts.</summary>
    internal TimeSpan WaitAfter(int made)
    {
        var full = Math.Min(FirstRetry.TotalMilliseconds * Math.Pow(2, made - 1), LongestRetry.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(full * (1 - (Random.Shared.NextDouble() / 4)));
    }

    // Dead letters must go somewhere: until they have, nothing is let go of.
    internal async Task BuryAsync(DeadLetter letter, Func<DeadLetter, CancellationToken, Task> bury, CancellationToken abort)
    {
        BricksTelemetry.Dead.Add(1);
        for (var made = 1; ; made++)
        {
            try
            {
                await bury(letter, abort);
                return;
            }
            catch (Exception e) when (!abort.IsCancellationRequested)
            {
                Debug.WriteLine(e);
                await Task.Delay(WaitAfter(made), Clock, abort);
            }
        }
    }
}
