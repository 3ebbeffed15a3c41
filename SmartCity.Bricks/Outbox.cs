using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;

namespace SmartCity.Bricks;

/// <summary>
/// Events on this machine's disk until somebody has taken them, a file for each: what <see cref="Add"/> returned for is sent, whatever becomes of the
/// network or this process. In the order in which they were added; one that cannot be sent holds up those behind it, so that the order stays. Thread-safe.
/// </summary>
/// <param name="folder">Of this outbox alone; it is made if it is not there.</param>
public sealed class Outbox<T>(string folder, JsonSerializerOptions? json = null, TimeProvider? clock = null)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateDirectory(folder).FullName;
    private readonly JsonSerializerOptions _json = json ?? JsonSerializerOptions.Web;
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private readonly Channel<bool> _added = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private long _next = -1;

    /// <summary>Events that nobody has taken yet.</summary>
    public int Waiting => Directory.EnumerateFiles(_folder, "*.json").Count();

    /// <summary>Why the first of them could not be sent; null while nothing is wrong.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Returns when the event is on the disk.</summary>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public void Add(CloudEvent<T> e)
    {
        lock (_gate)
        {
            if (_next < 0)
            {
                _next = Files() is [.., var last] ? long.Parse(Path.GetFileNameWithoutExtension(last), CultureInfo.InvariantCulture) + 1 : 0;
            }

            var path = Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{_next:D19}.json"));
            var part = path + ".part";
            using (var file = new FileStream(part, FileMode.Create, FileAccess.Write))
            {
                file.Write(EventFormat<T>.Write(e, _json));
                file.Flush(flushToDisk: true);
            }

            File.Move(part, path);
            _next++;
        }

        _added.Writer.TryWrite(true);
    }

    /// <summary>Sends what waits and what is added, each until it was taken; ends with a stop.</summary>
    /// <param name="send">Returns when the event is taken for good.</param>
    public async Task RunAsync(Func<CloudEvent<T>, CancellationToken, Task> send, CancellationToken stop)
    {
        while (true)
        {
            foreach (var path in Files())
            {
                await SendAsync(path, send, stop);
            }

            await _added.Reader.ReadAsync(stop);
        }
    }

    private async Task SendAsync(string path, Func<CloudEvent<T>, CancellationToken, Task> send, CancellationToken stop)
    {
        for (var wait = FirstRetry; ; wait = wait * 2 < LongestRetry ? wait * 2 : LongestRetry)
        {
            try
            {
                await send(EventFormat<T>.Read(await File.ReadAllBytesAsync(path, stop), _json), stop);
                File.Delete(path);
                Trouble = null;
                return;
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                Trouble = $"{Path.GetFileName(path)}: {e.Message}";
                await Task.Delay(wait, _clock, stop);
            }
        }
    }

    private List<string> Files() => [.. Directory.EnumerateFiles(_folder, "*.json").Order(StringComparer.Ordinal)];
}
