using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SmartCity.Core.Tests.Objects;

/// <summary>Stands between a process and its object store, and ends the process at an object that it writes: before the store has it, or when the store does and the process does not know.</summary>
internal sealed class EndingProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly IPEndPoint _store;
    private readonly string _written;
    private Point? _point;

    /// <param name="folder">Path below the store's address of the objects that count.</param>
    public EndingProxy(Uri store, string folder)
    {
        (_store, _written) = (new IPEndPoint(IPAddress.Parse(store.Host), store.Port), $"PUT /{folder}");
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <param name="writes">Objects that are written before.</param>
    /// <param name="isKept">Whether the store keeps the one at which it ends.</param>
    /// <param name="end">Ends the process.</param>
    public void EndAt(int writes, bool isKept, Action end) => Volatile.Write(ref _point, new Point(writes, isKept, end));

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = CarryAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using var store = new TcpClient();
        using (client)
        {
            try
            {
                await store.ConnectAsync(_store, _stop.Token);
                var carried = new Carried(client.GetStream(), store.GetStream());
                await Task.WhenAny(SendAsync(carried), AnswerAsync(carried));
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
            {
                // One end has closed, so the other is closed too.
            }
        }
    }

    private async Task SendAsync(Carried carried)
    {
        var bytes = new byte[65_536];
        while (await carried.Client.ReadAsync(bytes, _stop.Token) is > 0 and var read)
        {
            if (Encoding.Latin1.GetString(bytes, 0, Math.Min(read, 512)).StartsWith(_written, StringComparison.Ordinal) && Volatile.Read(ref _point) is { } point && point.IsReached())
            {
                if (!point.IsKept)
                {
                    point.End();
                    return;
                }

                carried.Ends = point;
            }

            await carried.Store.WriteAsync(bytes.AsMemory(0, read), _stop.Token);
        }
    }

    private async Task AnswerAsync(Carried carried)
    {
        var bytes = new byte[65_536];
        while (await carried.Store.ReadAsync(bytes, _stop.Token) is > 0 and var read)
        {
            if (carried.Ends is { } point && Encoding.Latin1.GetString(bytes, 0, Math.Min(read, 32)).StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
            {
                point.End();
                return;
            }

            await carried.Client.WriteAsync(bytes.AsMemory(0, read), _stop.Token);
        }
    }

    private sealed class Carried(NetworkStream client, NetworkStream store)
    {
        public volatile Point? Ends;

        public NetworkStream Client => client;

        public NetworkStream Store => store;
    }

    private sealed class Point(int writes, bool isKept, Action end)
    {
        private int _left = writes;

        public bool IsKept => isKept;

        public bool IsReached() => Interlocked.Decrement(ref _left) == -1;

        public void End() => end();
    }
}
