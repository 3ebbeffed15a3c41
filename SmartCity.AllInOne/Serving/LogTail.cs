namespace SmartCity.AllInOne.Serving;

/// <summary>Writes out what a program appends to its log file, so that the program's log is this process' log. A file that was put aside for a new one is followed to the new one.</summary>
internal sealed class LogTail(string path, TextWriter output, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _stop = new();
    private long _read = File.Exists(path) ? new FileInfo(path).Length : 0;
    private Task _following = Task.CompletedTask;

    public LogTail Start()
    {
        _following = Task.Run(FollowAsync);
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _following;
        await CopyAsync();
        _stop.Dispose();
    }

    private async Task FollowAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await CopyAsync();
            await Task.Delay(Every, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task CopyAsync()
    {
        if (!File.Exists(path))
        {
            return;
        }

        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (file.Length < _read)
        {
            _read = 0;
        }

        file.Position = _read;
        using var reader = new StreamReader(file, leaveOpen: true);
        await output.WriteAsync(await reader.ReadToEndAsync());
        _read = file.Position;
    }
}
