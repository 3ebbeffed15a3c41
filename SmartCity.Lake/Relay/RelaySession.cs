using SmartCity.Core.Lake;
using SmartCity.Lake.Sql;

namespace SmartCity.Lake.Relay;

/// <summary>
/// One client and its connection to Postgres. What either sends goes to the other as it came. A statement that may run in the lake is held until Postgres is idle; then the lake
/// answers it, or it goes on its way.
/// </summary>
internal sealed class RelaySession(Stream client, MessageReader fromClient, Stream server, ShortCut shortCut, Cancellations cancellations) : IDisposable
{
    private const char Idle = 'I';
    private const char Failed = 'E';
    private const int MostPortals = 1;

    // A statement that may run in the lake comes in five messages.
    private const int MostHeld = 8;

    // A client that takes nothing must not keep a statement's place in the lake.
    private static readonly TimeSpan MostWait = TimeSpan.FromMinutes(1);

    private readonly MessageReader _fromServer = new(server);
    private readonly SemaphoreSlim _clientLock = new(1, 1);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Prepared> _prepared = new(StringComparer.Ordinal);
    private readonly List<Message> _held = [];
    private CancellationToken _stopping;
    private string? _key;
    private char _status = Idle;
    private bool _isReady;
    private bool _isExtended;
    private bool _isCopying;
    private int _awaited;
    private TaskCompletionSource? _whenIdle;
    private (List<Message> Messages, TaskCompletionSource<List<Message>> Done)? _probe;
    private CancellationTokenSource? _running;

    /// <summary>Whether the connection is inside a transaction of the client's.</summary>
    public bool IsInTransaction => _status != Idle;

    public async Task RunAsync(byte[] startup, CancellationToken stoppingToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        _stopping = stop.Token;
        await server.WriteAsync(startup, stop.Token);
        var down = PumpServerAsync(stop.Token);
        var up = PumpClientAsync(stop.Token);
        try
        {
            await (await Task.WhenAny(down, up));
        }
        finally
        {
            // Whichever ends, the other ends with it.
            await stop.CancelAsync();
            Cancel();
            await server.DisposeAsync();
            await client.DisposeAsync();
            cancellations.Remove(_key);
            await Task.WhenAll(down, up).ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            Dispose();
        }
    }

    /// <returns>Whether a statement was running in the lake, and Postgres is asked nothing: it need not be told.</returns>
    public bool Cancel()
    {
        lock (_lock)
        {
            _running?.Cancel();
            return _running is not null && _probe is null;
        }
    }

    public void Dispose() => _clientLock.Dispose();

    /// <summary>
    /// Sends messages to Postgres and gets its answers, up to the one that says that it is idle. The client sees nothing of it. If it cancels, Postgres is told, and its answer
    /// is an error: an answer that was begun has to be read.
    /// </summary>
    /// <param name="isOfFailure">Whether it tells Postgres what became of a statement: that is said of one that was cancelled too.</param>
    /// <exception cref="NotForTheLakeException">The client has cancelled, which Postgres was not told.</exception>
    public async Task<List<Message>> AskAsync(ReadOnlyMemory<byte> messages, bool isOfFailure = false)
    {
        var done = new TaskCompletionSource<List<Message>>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_running is { IsCancellationRequested: true } && !isOfFailure)
            {
                throw new NotForTheLakeException("it was cancelled");
            }

            _probe = ([], done);
        }

        Expect();
        await server.WriteAsync(messages, _stopping);
        return await done.Task.WaitAsync(_stopping);
    }

    /// <exception cref="IOException">The client takes nothing.</exception>
    public async Task ToClientAsync(ReadOnlyMemory<byte> bytes)
    {
        await _clientLock.WaitAsync(_stopping);
        try
        {
            await client.WriteAsync(bytes, _stopping).AsTask().WaitAsync(MostWait, _stopping);
        }
        catch (TimeoutException e)
        {
            throw new IOException("The client takes nothing of the answer.", e);
        }
        finally
        {
            _clientLock.Release();
        }
    }

    /// <summary>The message that says that Postgres waits for the next statement.</summary>
    public MessageWriter Ready(MessageWriter writer) => writer.Begin('Z').Byte((byte)_status).End();

    private async Task PumpServerAsync(CancellationToken cancellationToken)
    {
        while (await _fromServer.NextAsync(cancellationToken) is { } message)
        {
            await _clientLock.WaitAsync(cancellationToken);
            try
            {
                for (Message? next = message; next is { } current; next = _fromServer.HasMore ? await _fromServer.NextAsync(cancellationToken) : null)
                {
                    // Known before the client knows it, and asks for more.
                    var isOwn = Keep(current);
                    Note(current);
                    if (!isOwn)
                    {
                        await client.WriteAsync(current.Bytes, cancellationToken);
                        await _fromServer.CopyAsync(current.Missing, client, cancellationToken);
                    }
                }

                await client.FlushAsync(cancellationToken);
            }
            finally
            {
                _clientLock.Release();
            }
        }
    }

    // An answer to a question of the lake's own.
    private bool Keep(Message message)
    {
        lock (_lock)
        {
            if (_probe is not { } probe || message.Type is 'S' or 'A' || message.Missing > 0)
            {
                return false;
            }

            probe.Messages.Add(message.Copy());
            return true;
        }
    }

    private void Note(Message message)
    {
        switch (message.Type)
        {
            case 'K':
                _key = Convert.ToHexString(message.Body.Span);
                cancellations.Add(message.Body.Span, Cancel);
                break;
            case 'G':
                // Postgres overlooks a Sync that comes while it takes data.
                lock (_lock)
                {
                    _isCopying = true;
                }

                break;
            case 'Z':
                (List<Message> Messages, TaskCompletionSource<List<Message>> Done)? probe;
                TaskCompletionSource? whenIdle = null;
                lock (_lock)
                {
                    _status = (char)message.Body.Span[0];
                    (probe, _probe) = (_probe, null);
                    if (!_isReady)
                    {
                        _isReady = true;
                    }
                    else if ((_awaited = _isCopying ? 0 : _awaited - 1) == 0)
                    {
                        _isCopying = false;
                        (whenIdle, _whenIdle) = (_whenIdle, null);
                    }
                }

                whenIdle?.SetResult();
                probe?.Done.SetResult(probe.Value.Messages);
                break;
            default:
                break;
        }
    }

    private void Expect()
    {
        lock (_lock)
        {
            _awaited++;
        }
    }

    private Task WhenIdleAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _awaited == 0 ? Task.CompletedTask : (_whenIdle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task.WaitAsync(cancellationToken);
        }
    }

    private async Task PumpClientAsync(CancellationToken cancellationToken)
    {
        var next = fromClient.NextAsync(cancellationToken).AsTask();
        while (await next is { } message)
        {
            if (!_isReady || message.Missing > 0)
            {
                await ReleaseAsync(isParsed: false, cancellationToken);
                if (_isReady && message.Type == 'P')
                {
                    // Too long to be looked at; what its name meant before is gone.
                    _prepared.Remove(new BodyReader(message.Body.Span).Text());
                    _isExtended = true;
                }

                await ForwardAsync(message, cancellationToken);
                next = fromClient.NextAsync(cancellationToken).AsTask();
                continue;
            }

            if (!IsWhole(message))
            {
                // Postgres says what is wrong with it.
                await ReleaseAsync(isParsed: false, cancellationToken);
                await ForwardAsync(message, cancellationToken);
                next = fromClient.NextAsync(cancellationToken).AsTask();
                continue;
            }

            switch (message.Type)
            {
                case 'Q' when Text(message) is { } sql && LakeSelect.IsCandidate(sql):
                    await ReleaseAsync(isParsed: false, cancellationToken);
                    var simple = message.Copy();
                    next = fromClient.NextAsync(cancellationToken).AsTask();
                    if (!await WhileConnectedAsync(next, token => shortCut.SimpleAsync(this, sql, token), cancellationToken))
                    {
                        await ForwardAsync(simple, cancellationToken);
                    }

                    break;
                case 'Q' when Text(message) is { } asked && LakeSelect.Explained(asked) is { } statement:
                    await ReleaseAsync(isParsed: false, cancellationToken);
                    var explained = message.Copy();
                    next = fromClient.NextAsync(cancellationToken).AsTask();
                    if (!await WhileConnectedAsync(next, token => shortCut.ExplainAsync(this, statement, token), cancellationToken))
                    {
                        await ForwardAsync(explained, cancellationToken);
                    }

                    break;
                case 'P' or 'B' or 'D' or 'E' or 'C' when Holds(message):
                    _held.Add(message.Copy());
                    next = fromClient.NextAsync(cancellationToken).AsTask();
                    break;
                case 'S' when _held.Count > 0 && Batch() is { } batch:
                    var sync = message.Copy();
                    next = fromClient.NextAsync(cancellationToken).AsTask();
                    if (await WhileConnectedAsync(next, token => shortCut.ExtendedAsync(this, batch, token), cancellationToken))
                    {
                        _held.Clear();
                    }
                    else
                    {
                        await ReleaseAsync(batch.IsParsed, cancellationToken);
                        await ForwardAsync(sync, cancellationToken);
                    }

                    break;
                default:
                    await ReleaseAsync(isParsed: false, cancellationToken);
                    await ForwardAsync(message, cancellationToken);
                    if (message.Type == 'X')
                    {
                        return;
                    }

                    next = fromClient.NextAsync(cancellationToken).AsTask();
                    break;
            }
        }
    }

    // A client that goes away needs no answer.
    private async Task<bool> WhileConnectedAsync(Task<Message?> next, Func<CancellationToken, Task<bool>> run, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await WhenIdleAsync(cancellationToken);
        if (_status == Failed)
        {
            return false;
        }

        lock (_lock)
        {
            _running = stop;
        }

        try
        {
            var running = run(stop.Token);
            if (await Task.WhenAny(running, next) == next && !running.IsCompleted && (next.IsFaulted || next.IsCanceled || await next is null))
            {
                await stop.CancelAsync();
            }

            return await running;
        }
        finally
        {
            lock (_lock)
            {
                _running = null;
            }
        }
    }

    private async Task ForwardAsync(Message message, CancellationToken cancellationToken)
    {
        if (_isReady && message.Type is 'Q' or 'S' or 'F')
        {
            Expect();
        }

        if (message.Type == 'S')
        {
            _isExtended = false;
        }

        await server.WriteAsync(message.Bytes, cancellationToken);
        await fromClient.CopyAsync(message.Missing, server, cancellationToken);
        if (!fromClient.HasMore)
        {
            await server.FlushAsync(cancellationToken);
        }
    }

    // What was held goes on its way; what Postgres has parsed already is answered already.
    private async Task ReleaseAsync(bool isParsed, CancellationToken cancellationToken)
    {
        foreach (var message in _held)
        {
            if (!(isParsed && message.Type == 'P'))
            {
                await server.WriteAsync(message.Bytes, cancellationToken);
                _isExtended = true;
            }
        }

        _held.Clear();
    }

    // Statements that may run in the lake, and what belongs to them until the client waits for the answer.
    private bool Holds(Message message)
    {
        if (_isExtended)
        {
            // Part of what Postgres already works on.
            Learn(message);
            return false;
        }

        if (_held.Count > 0)
        {
            Learn(message);
            return _held.Count < MostHeld;
        }

        var name = Learn(message);
        if (name is not null && _prepared.ContainsKey(name))
        {
            return true;
        }

        _isExtended = true;
        return false;
    }

    /// <returns>Name of the statement that the message begins with; null if it names none.</returns>
    private string? Learn(Message message)
    {
        var body = new BodyReader(message.Body.Span);
        switch (message.Type)
        {
            case 'P':
                var (name, sql) = (body.Text(), body.Text());
                _prepared.Remove(name);
                var explained = LakeSelect.Explained(sql);
                if ((explained is not null || LakeSelect.IsCandidate(sql)) && BodyReader.IsSound(name) && BodyReader.IsSound(sql))
                {
                    _prepared[name] = new Prepared(sql, explained);
                }

                return name;
            case 'B':
                body.Text();
                return body.Text();
            case 'C' when body.Byte() == (byte)'S':
                _prepared.Remove(body.Text());
                return null;
            default:
                return null;
        }
    }

    // One statement, run once and whole; anything else is Postgres' matter.
    private Batch? Batch()
    {
        var batch = new Batch();
        foreach (var message in _held)
        {
            var body = new BodyReader(message.Body.Span);
            switch (message.Type)
            {
                case 'P' when batch.Parse is null && batch.Bind is null:
                    batch.Parse = message;
                    batch.Name = body.Text();
                    break;
                case 'D' when body.Byte() == (byte)'S' && batch.Bind is null && !batch.DescribesStatement:
                    batch.DescribesStatement = true;
                    batch.Name ??= body.Text();
                    break;
                case 'D' when batch.Bind is not null && batch.Executes == 0:
                    batch.DescribesPortal = true;
                    break;
                case 'B' when batch.Bind is null:
                    batch.Bind = message;
                    var portal = body.Text();
                    var statement = body.Text();
                    if (portal.Length > 0 || (batch.Name is { } known && known != statement))
                    {
                        return null;
                    }

                    batch.Name = statement;
                    break;
                case 'E' when batch.Bind is not null && batch.Executes < MostPortals:
                    body.Text();
                    if (body.Int32() != 0)
                    {
                        return null;
                    }

                    batch.Executes++;
                    break;
                default:
                    return null;
            }
        }

        // The unnamed statement may be another by now, and Postgres does not say which.
        if (batch.Parse is null && batch.Name is null or "")
        {
            return null;
        }

        if (batch.Name is { } name && _prepared.TryGetValue(name, out var prepared))
        {
            (batch.Sql, batch.Explained) = (prepared.Sql, prepared.Explained);
        }

        return batch.Executes == 1 && batch.Sql.Length > 0 ? batch : null;
    }

    private static string? Text(Message message) => message.Body.Length <= LakeSelect.MostCharacters * 4 && new BodyReader(message.Body.Span).Text() is var text && BodyReader.IsSound(text) ? text : null;

    // Whether what is read here of a message is there.
    private static bool IsWhole(Message message)
    {
        var body = new BodyReader(message.Body.Span);
        try
        {
            switch (message.Type)
            {
                case 'Q':
                    body.Text();
                    break;
                case 'P' or 'B':
                    body.Text();
                    body.Text();
                    break;
                case 'C' or 'D':
                    body.Byte();
                    body.Text();
                    break;
                case 'E':
                    body.Text();
                    body.Int32();
                    break;
                default:
                    break;
            }

            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private sealed record Prepared(string Sql, string? Explained);
}

/// <summary>The messages of a client up to its Sync, if they are one statement that is run once.</summary>
internal sealed class Batch
{
    public Message? Parse { get; set; }

    public Message? Bind { get; set; }

    public string? Name { get; set; }

    public string Sql { get; set; } = "";

    /// <summary>The statement that <see cref="Sql"/> explains; null if it is to be run.</summary>
    public string? Explained { get; set; }

    public bool DescribesStatement { get; set; }

    public bool DescribesPortal { get; set; }

    public int Executes { get; set; }

    /// <summary>Whether Postgres has had the Parse by now, and the client its answer.</summary>
    public bool IsParsed { get; set; }
}
