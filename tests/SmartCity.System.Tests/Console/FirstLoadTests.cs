using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

/// <summary>What a browser fetches for the page that everybody has open. Pictures of vehicles are not counted: they depend on the traffic.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class FirstLoadTests(ConsoleFixture console)
{
    // A file that goes uncompressed shows: the largest is ten times its size then. What comes live while the page is looked at is part of what is sent.
    private const long MostCold = 600_000;
    private const long MostWarm = 100 << 10;
    private const long MostFetchedWarm = 20_000;

    [Fact]
    public async Task Live_comes_with_few_bytes_and_with_hardly_any_when_it_was_seen_before()
    {
        await using var wire = Wire.To(console.System.Http.BaseAddress!);
        await using var window = await console.OpenAsync(port: wire.Port);
        var files = await FilesAsync(window.Page);
        await window.SignInAsync("administrator", Hosting.RunningSystem.AdministratorPassword);
        await LookAsync();
        var (cold, _) = Count("cold");

        await LookAsync();
        var (warm, fetched) = Count("warm");

        Assert.InRange(cold, 1, MostCold);
        Assert.InRange(warm, 1, MostWarm);
        Assert.InRange(fetched, 1, MostFetchedWarm);
        return;

        async Task LookAsync()
        {
            await window.GoAsync("");
            await window.FilledAsync();
            await Expect(window.Page.Locator(".maplibregl-marker").First).ToBeVisibleAsync();
        }

        // What the server sends, the circuit with it, and how much of that the browser fetches.
        (long Sent, long Fetched) Count(string name)
        {
            var came = files.ToArray().ToLookup(f => f.Key.StartsWith("/evidence/", StringComparison.Ordinal));
            files.Clear();
            var (sent, fetched) = (wire.Take() - came[true].Sum(f => f.Value), came[false].Sum(f => f.Value));
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {sent:N0} bytes, {fetched:N0} of them fetched");
            foreach (var (address, size) in came[false].Where(f => f.Value > 0).OrderByDescending(f => f.Value).Take(30))
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"{size,10:N0} {address}");
            }

            return (sent, fetched);
        }
    }

    // Bytes of each answer with its headers, by path.
    private static async Task<ConcurrentDictionary<string, long>> FilesAsync(IPage page)
    {
        var (files, paths) = (new ConcurrentDictionary<string, long>(), new ConcurrentDictionary<string, string>());
        var session = await page.Context.NewCDPSessionAsync(page);
        session.Event("Network.requestWillBeSent").OnEvent += (_, e) => paths[e!.Value.GetProperty("requestId").GetString()!] = new Uri(e.Value.GetProperty("request").GetProperty("url").GetString()!).AbsolutePath;
        session.Event("Network.loadingFinished").OnEvent += (_, e) =>
        {
            var (path, bytes) = (paths.GetValueOrDefault(e!.Value.GetProperty("requestId").GetString()!, "?"), (long)e.Value.GetProperty("encodedDataLength").GetDouble());
            files.AddOrUpdate(path, bytes, (_, before) => before + bytes);
        };
        await session.SendAsync("Network.enable");
        return files;
    }

    /// <summary>Counts the bytes that a server sends. The circuit is compressed, of which a browser says nothing.</summary>
    private sealed class Wire : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stop = new();
        private Task _work = Task.CompletedTask;
        private long _bytes;

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public static Wire To(Uri server)
        {
            var wire = new Wire();
            wire._listener.Start();
            wire._work = wire.AcceptAsync(server);
            return wire;
        }

        public long Take() => Interlocked.Exchange(ref _bytes, 0);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            _listener.Stop();
            await _work;
            _stop.Dispose();
        }

        private async Task AcceptAsync(Uri server)
        {
            var open = new List<Task>();
            try
            {
                while (true)
                {
                    open.Add(CarryAsync(await _listener.AcceptTcpClientAsync(_stop.Token), server));
                }
            }
            catch (OperationCanceledException)
            {
                await Task.WhenAll(open);
            }
        }

        private async Task CarryAsync(TcpClient browser, Uri server)
        {
            using var near = browser;
            using var far = new TcpClient();
            try
            {
                await far.ConnectAsync(server.Host, server.Port, _stop.Token);
                var (there, back) = (near.GetStream().CopyToAsync(far.GetStream(), _stop.Token), AnswerAsync(far.GetStream(), near.GetStream()));
                await Task.WhenAny(there, back);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
            {
                return; // either end has gone
            }
        }

        private async Task AnswerAsync(NetworkStream from, NetworkStream to)
        {
            var buffer = new byte[64 << 10];
            for (var read = await from.ReadAsync(buffer, _stop.Token); read > 0; read = await from.ReadAsync(buffer, _stop.Token))
            {
                Interlocked.Add(ref _bytes, read);
                await to.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
            }
        }
    }
}
