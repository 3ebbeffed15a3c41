using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SmartCity.Edge.Tests.Hosting;

/// <summary>A network camera that plays an MPEG transport stream over RTSP, interleaved on TCP, and hangs up. One viewer at a time.</summary>
internal sealed class RtspCamera : IAsyncDisposable
{
    private const int TransportPackets = 7 * 188;
    private const byte TransportStream = 33;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly byte[] _film;
    private readonly Task _serving;
    private int _plays;

    /// <param name="film">An MPEG transport stream.</param>
    public RtspCamera(byte[] film)
    {
        _film = film;
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How often it was played to the end.</summary>
    public int Plays => _plays;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            using var viewer = await _listener.AcceptTcpClientAsync(_stop.Token);
            await using var stream = viewer.GetStream();
            using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            while (await RequestAsync(reader) is var (method, sequence) && method.Length > 0)
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes(Answer(method, sequence)), _stop.Token);
                if (method == "PLAY")
                {
                    await PlayAsync(stream);

                    // All of it is to arrive: closing with the viewer's reports unread would throw the rest away.
                    viewer.Client.Shutdown(SocketShutdown.Send);
                    await stream.CopyToAsync(Stream.Null, _stop.Token);
                    Interlocked.Increment(ref _plays);
                    break;
                }
            }
        }
    }

    private async Task<(string Method, string Sequence)> RequestAsync(StreamReader reader)
    {
        var (method, sequence) = ("", "");
        while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 } line)
        {
            method = method.Length == 0 ? line.Split(' ')[0] : method;
            sequence = line.StartsWith("CSeq:", StringComparison.OrdinalIgnoreCase) ? line[5..].Trim() : sequence;
        }

        return (method, sequence);
    }

    private static string Answer(string method, string sequence)
    {
        const string film = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=Street\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=video 0 RTP/AVP 33\r\na=control:film\r\n";
        var (more, body) = method switch
        {
            "OPTIONS" => ("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n", ""),
            "DESCRIBE" => ($"Content-Type: application/sdp\r\nContent-Length: {film.Length}\r\n", film),
            "SETUP" => ("Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n", ""),
            _ => ("Session: 1\r\n", ""),
        };
        return $"RTSP/1.0 200 OK\r\nCSeq: {sequence}\r\n{more}\r\n{body}";
    }

    private async Task PlayAsync(NetworkStream stream)
    {
        for (var at = 0; at < _film.Length; at += TransportPackets)
        {
            var payload = _film.AsMemory(at, Math.Min(TransportPackets, _film.Length - at));
            var header = new byte[16];
            header[0] = (byte)'$';
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(12 + payload.Length));
            header[4] = 0x80;
            header[5] = TransportStream;
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(6), (ushort)(at / TransportPackets));
            await stream.WriteAsync(header, _stop.Token);
            await stream.WriteAsync(payload, _stop.Token);
        }
    }
}
