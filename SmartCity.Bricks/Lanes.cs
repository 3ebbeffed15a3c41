using SmartCity.Bricks.Kafka;

namespace SmartCity.Bricks;

/// <summary>
/// A lane for each key that has something to do: its events one after another, those of other keys beside them. A lane that waits for its next attempt takes up no
/// place to work, so it holds up nothing but itself.
/// </summary>
internal sealed partial class Lanes<T> : IDisposable
{
    // How often somebody looks for lanes that take long. What waits behind them counts no longer among the few events that are taken ahead.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    // While functions end within this, so many of them one after another, one place to work is enough: to wake more would cost more than they do.
    private static readonly TimeSpan Quick = TimeSpan.FromMicroseconds(100);
    private const int QuickBeforeOne = 200;

    // How long work that has been cancelled is waited for.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Flow<T> _flow;
    private readonly RecordReader<T>? _reader;
    private readonly int _few;
    private readonly Func<DeadLetter, CancellationToken, Task>? _bury;
    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.Ordinal);
    private readonly Queue<Lane> _ready = new();
    private readonly Stack<Lane> _spare = new();
    private readonly List<Worker> _workers;
    private readonly Stack<Worker> _resting;
    private readonly CancellationTokenSource _abort;
    private readonly CancellationTokenRegistration _stopping;
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _rested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _looking;
    private TaskCompletionSource? _room;
    private TaskCompletionSource? _letGo;
    private bool _complete;

    // Events that are taken and not done with, their bytes, and how many of them wait in lanes which are slow.
    private int _events;
    private long _bytes;
    private int _aside;

    // Events that were quick, one after another.
    private int _quick;

    /// <param name="reader">Reads records in their lanes; null where all come as events.</param>
    /// <param name="few">Events that are taken ahead while each ends soon.</param>
    /// <param name="bury">Takes dead letters that the flow has no place for; null for none.</param>
    /// <param name="stop">From then on, what is in work has the flow's <see cref="Flow{T}.Drain"/> to end.</param>
    public Lanes(Flow<T> flow, RecordReader<T>? reader, int few, Func<DeadLetter, CancellationToken, Task>? bury, CancellationToken stop)
    {
        (_flow, _reader, _few) = (flow, reader, few);
        _bury = flow.DeadLetters ?? bury;
        _abort = new CancellationTokenSource(Timeout.InfiniteTimeSpan, flow.Clock);
        _workers = [.. Enumerable.Range(0, Math.Max(1, flow.Parallelism)).Select(_ => new Worker(this))];
        _resting = new(_workers);
        _looking = flow.Clock.CreateTimer(_ => Look(), null, Patience, Patience);
        _stopping = stop.Register(() => _abort.CancelAfter(flow.Drain));
        _abort.Token.Register(() =>
        {
            _over.TrySetCanceled(_abort.Token);
            lock (_gate)
            {
                Settle();
            }
        });
    }

    /// <summary>Cancelled when nothing more is worked on: something failed that is none of an event's, or the time to end was over.</summary>
    public CancellationToken Ended => _abort.Token;

    /// <summary>Whether there is enough to do for the moment, so that a larger batch costs nobody time.</summary>
    public bool IsBusy => Volatile.Read(ref _events) > 0;

    /// <summary>Why a dead letter has found no place yet; null while all have.</summary>
    public string? Trouble { get; private set; }

    public void Add(params ReadOnlySpan<Arrival<T>> arrivals)
    {
        lock (_gate)
        {
            foreach (var arrival in arrivals)
            {
                if (!_lanes.TryGetValue(arrival.Key, out var lane))
                {
                    lane = _spare.TryPop(out var spare) ? spare : new Lane();
                    lane.Key = arrival.Key;
                    _lanes.Add(arrival.Key, lane);
                    _ready.Enqueue(lane);
                }

                lane.Events.Enqueue(arrival);
                _events++;
                _bytes += arrival.Bytes;
                _aside += lane.IsAside ? 1 : 0;
            }

            Wake();
        }
    }

    /// <summary>Waits until further events may be taken.</summary>
    public async ValueTask RoomAsync()
    {
        while (!_abort.IsCancellationRequested)
        {
            Task room;
            lock (_gate)
            {
                if (HasRoom(_few))
                {
                    return;
                }

                room = (_room ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            try
            {
                await room.WaitAsync(_abort.Token);
            }
            catch (OperationCanceledException)
            {
                // Whoever asks whether all has ended learns it.
            }
        }
    }

    /// <summary>Waits for all that was taken.</summary>
    /// <exception cref="OperationCanceledException">It did not end within the time that there was.</exception>
    public async Task FinishAsync()
    {
        lock (_gate)
        {
            _complete = true;
            Settle();
        }

        try
        {
            await _over.Task;
        }
        finally
        {
            // What was cancelled is given the time to notice.
            await Task.WhenAny(_rested.Task, Task.Delay(Farewell, CancellationToken.None));
        }
    }

    /// <summary>Cancels what is in work and drops what waits: nobody could store that it is done.</summary>
    public async Task AbandonAsync()
    {
        await _abort.CancelAsync();
        await Task.WhenAny(_rested.Task, Task.Delay(Farewell, CancellationToken.None));
    }

    /// <summary>Lets go of the events of partitions that are gone: those that wait are dropped, and those in work have the flow's <see cref="Flow{T}.Drain"/> to end, before they are cancelled.</summary>
    public async Task LetGoAsync()
    {
        Task letGo;
        lock (_gate)
        {
            foreach (var lane in _lanes.Values.Where(l => l.Waiting is not null && l.Events.Peek().Place!.IsGone))
            {
                Return(lane);
            }

            Wake();
            letGo = (_letGo = new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            Settle();
        }

        if (await Task.WhenAny(letGo, Task.Delay(_flow.Drain, _flow.Clock, _abort.Token)) != letGo)
        {
            lock (_gate)
            {
                // So that none of them has another event meanwhile.
                _workers.FindAll(w => w.IsOnGone).ForEach(w => w.Cancel());
            }

            await Task.WhenAny(letGo, Task.Delay(Farewell, CancellationToken.None));
        }
    }

    public void Dispose()
    {
        _looking.Dispose();
        _stopping.Dispose();
        _abort.Cancel();
        _workers.ForEach(w => w.Dispose());
        _abort.Dispose();
    }

    private bool HasRoom(int few) => _events - _aside < few && _events < _flow.MostWaiting && _bytes < _flow.MostWaitingBytes;

    private void Wake()
    {
        var wanted = _quick < QuickBeforeOne ? _ready.Count : Math.Min(_ready.Count, 1 + _resting.Count - _workers.Count);
        for (; wanted > 0 && _resting.TryPop(out var worker); wanted--)
        {
            ThreadPool.UnsafeQueueUserWorkItem(worker, preferLocal: false);
        }
    }

    // Under the gate: tells whoever waits for what has come about.
    private void Settle()
    {
        if (_room is not null && HasRoom(Math.Max(1, _few / 2)))
        {
            _room.TrySetResult();
            _room = null;
        }

        if (_letGo is not null && !_workers.Exists(w => w.IsOnGone))
        {
            _letGo.TrySetResult();
            _letGo = null;
        }

        if (_complete && _events == 0)
        {
            _over.TrySetResult();
        }

        if (_over.Task.IsCompleted && _resting.Count == _workers.Count)
        {
            _rested.TrySetResult();
        }
    }

    private void Look()
    {
        lock (_gate)
        {
            foreach (var worker in _workers.Where(w => w.Lane is not null && _flow.Clock.GetElapsedTime(w.Since) > Patience))
            {
                SetAside(worker.Lane!);
                _quick = 0;
            }

            Wake();
            Settle();
        }
    }

    private void SetAside(Lane lane)
    {
        if (!lane.IsAside)
        {
            lane.IsAside = true;
            _aside += lane.Events.Count;
        }
    }

    /// <summary>Takes a lane back from its worker, and gives it another; null when there is nothing to do, and the worker rests.</summary>
    /// <param name="again">When the lane's first event is tried again; null when it is done with.</param>
    private Lane? Next(Worker worker, Lane? before, TimeSpan? again)
    {
        lock (_gate)
        {
            if (before is not null && again is { } wait)
            {
                Wait(before, wait);
            }
            else if (before is not null)
            {
                GoOn(before);
            }

            worker.Lane = null;
            var now = _flow.Clock.GetTimestamp();
            if (before is not null)
            {
                _quick = _flow.Clock.GetElapsedTime(worker.Since, now) < Quick ? _quick + 1 : 0;
            }

            if (!_abort.IsCancellationRequested && _ready.TryDequeue(out var next))
            {
                (worker.Lane, worker.Arrival, worker.Since) = (next, next.Events.Peek(), now);
            }
            else
            {
                worker.Arrival = default;
                _resting.Push(worker);
            }

            Settle();
            return worker.Lane;
        }
    }

    private void GoOn(Lane lane)
    {
        _bytes -= lane.Events.Dequeue().Bytes;
        _events--;
        if (lane.IsAside)
        {
            _aside -= lane.Events.Count + 1;
        }

        lane.Begin();
        if (lane.Events.Count > 0)
        {
            _ready.Enqueue(lane);
            return;
        }

        _lanes.Remove(lane.Key);
        if (_spare.Count < _few)
        {
            _spare.Push(lane);
        }
    }

    private void Wait(Lane lane, TimeSpan wait)
    {
        SetAside(lane);
        if (wait == TimeSpan.Zero)
        {
            _ready.Enqueue(lane);
            return;
        }

        var waiting = lane.Waiting = new object();
        _ = ReturnAsync();

        async Task ReturnAsync()
        {
            try
            {
                await Task.Delay(wait, _flow.Clock, _abort.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            lock (_gate)
            {
                if (lane.Waiting == waiting)
                {
                    Return(lane);
                    Wake();
                }
            }
        }
    }

    private void Return(Lane lane)
    {
        lane.Waiting = null;
        _ready.Enqueue(lane);
    }

    private void Fail(Worker worker, Exception e)
    {
        _over.TrySetException(e);
        _abort.Cancel();
        lock (_gate)
        {
            (worker.Lane, worker.Arrival) = (null, default);
            _resting.Push(worker);
            Settle();
        }
    }

    private sealed class Lane
    {
        public string Key { get; set; } = "";

        public Queue<Arrival<T>> Events { get; } = new(1);

        /// <summary>How often the first event was tried.</summary>
        public int Made { get; set; }

        /// <summary>The first event is given up, and somebody is to take this.</summary>
        public DeadLetter? Letter { get; set; }

        /// <summary>What waits for the next attempt; null while nothing does.</summary>
        public object? Waiting { get; set; }

        /// <summary>Its events count no longer among the few.</summary>
        public bool IsAside { get; set; }

        public void Begin() => (Made, Letter, IsAside) = (0, null, false);
    }
}
