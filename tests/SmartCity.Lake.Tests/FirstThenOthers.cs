using System.Net;
using System.Net.Sockets;

namespace SmartCity.Lake.Tests;

/// <summary>One address for two processes: the first connection leads to the one, and every later connection to the other.</summary>
internal sealed class FirstThenOthers : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;

    public FirstThenOthers(IPEndPoint first, IPEndPoint others)
    {
        _listener.Start();
        _accepting = AcceptAsync(first, others);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections => _connections.Count;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await Task.WhenAll([_accepting, .. _connections]).ContinueWith(static t => _ = t.Exception, TaskScheduler.Default);
        _stop.Dispose();
    }

    private async Task AcceptAsync(IPEndPoint first, IPEndPoint others)
    {
        while (true)
        {
            var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            _connections.Add(PassAsync(client, _connections.Count == 0 ? first : others));
        }
    }

    private async Task PassAsync(TcpClient client, IPEndPoint target)
    {
        using (client)
        using (var server = new TcpClient())
        {
            await server.ConnectAsync(target, _stop.Token);
            await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream(), _stop.Token), server.GetStream().CopyToAsync(client.GetStream(), _stop.Token));
        }
    }
}
