using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace SmartCity.Core.Tests.Database;

/// <summary>
/// Stands between a client and Postgres. A frozen connection stays open and carries nothing any more, as one does whose other end has gone without a
/// word; new connections are carried as before, unless they are frozen too.
/// </summary>
internal sealed class FreezingProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Carried> _open = [];
    private readonly NpgsqlConnectionStringBuilder _behind;
    private volatile bool _isFrozen;

    public FreezingProxy(string connectionString)
    {
        _behind = new NpgsqlConnectionStringBuilder(connectionString);
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>The same database, through here.</summary>
    public string ConnectionString => new NpgsqlConnectionStringBuilder(_behind.ConnectionString) { Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.ConnectionString;

    /// <param name="forGood">New connections too.</param>
    public void Freeze(bool forGood = false)
    {
        _isFrozen = forGood;
        foreach (var carried in _open)
        {
            carried.IsFrozen = true;
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Stop();
        foreach (var carried in _open)
        {
            carried.Dispose();
        }

        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                var carried = new Carried(client.GetStream(), await ConnectAsync()) { IsFrozen = _isFrozen };
                _open.Add(carried);
                _ = carried.CarryAsync(_stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                return;
            }
        }
    }

    // The tests' server listens on a Unix socket only.
    private async Task<NetworkStream> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(_behind.Host!, $".s.PGSQL.{_behind.Port}")));
        return new NetworkStream(socket, ownsSocket: true);
    }

    private sealed class Carried(NetworkStream client, NetworkStream server) : IDisposable
    {
        public volatile bool IsFrozen;

        public Task CarryAsync(CancellationToken stop) => Task.WhenAll(CopyAsync(client, server, stop), CopyAsync(server, client, stop));

        public void Dispose()
        {
            client.Dispose();
            server.Dispose();
        }

        private async Task CopyAsync(NetworkStream from, NetworkStream to, CancellationToken stop)
        {
            var bytes = new byte[16_384];
            try
            {
                while (await from.ReadAsync(bytes, stop) is > 0 and var read)
                {
                    if (IsFrozen)
                    {
                        await Task.Delay(Timeout.Infinite, stop);
                    }

                    await to.WriteAsync(bytes.AsMemory(0, read), stop);
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // One end has closed, so the other is closed too.
            }

            if (!IsFrozen)
            {
                Dispose();
            }
        }
    }
}
