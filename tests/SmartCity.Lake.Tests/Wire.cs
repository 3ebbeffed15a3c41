using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SmartCity.Lake.Tests;

/// <summary>A client of the Postgres protocol that shows what comes, to the last byte.</summary>
internal sealed class Wire : IDisposable
{
    private readonly NetworkStream _stream;

    private Wire(NetworkStream stream) => _stream = stream;

    public static async Task<Wire> ConnectAsync(EndPoint address, string user, string database, CancellationToken cancellationToken)
    {
        var socket = address is UnixDomainSocketEndPoint ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) : new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(address, cancellationToken);
        var wire = new Wire(new NetworkStream(socket, ownsSocket: true));
        var body = Encoding.UTF8.GetBytes($"\0\u0003\0\0user\0{user}\0database\0{database}\0client_encoding\0UTF8\0\0");
        var packet = new byte[body.Length + 4];
        BinaryPrimitives.WriteInt32BigEndian(packet, packet.Length);
        body.CopyTo(packet, 4);
        await wire._stream.WriteAsync(packet, cancellationToken);
        _ = await wire.AnswerAsync(cancellationToken);
        return wire;
    }

    public async Task<Answer> QueryAsync(string sql, CancellationToken cancellationToken)
    {
        var text = Encoding.UTF8.GetBytes(sql);
        var packet = new byte[text.Length + 6];
        packet[0] = (byte)'Q';
        BinaryPrimitives.WriteInt32BigEndian(packet.AsSpan(1), packet.Length - 1);
        text.CopyTo(packet, 5);
        await _stream.WriteAsync(packet, cancellationToken);
        return await AnswerAsync(cancellationToken);
    }

    /// <summary>Sends messages, each a type and a body, without waiting for an answer.</summary>
    public async Task SendAsync(CancellationToken cancellationToken, params (char Type, byte[] Body)[] messages)
    {
        foreach (var (type, body) in messages)
        {
            var packet = new byte[body.Length + 5];
            packet[0] = (byte)type;
            BinaryPrimitives.WriteInt32BigEndian(packet.AsSpan(1), body.Length + 4);
            body.CopyTo(packet, 5);
            await _stream.WriteAsync(packet, cancellationToken);
        }
    }

    public void Dispose() => _stream.Dispose();

    public async Task<Answer> AnswerAsync(CancellationToken cancellationToken)
    {
        var answer = new Answer();
        var head = new byte[5];
        while (true)
        {
            await _stream.ReadExactlyAsync(head, cancellationToken);
            var body = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1)) - 4];
            await _stream.ReadExactlyAsync(body, cancellationToken);
            switch ((char)head[0])
            {
                case 'D':
                    answer.Rows.Add(Row(body));
                    break;
                case 'E':
                    answer.Error = Fields(body);
                    break;
                case 'N':
                    answer.Notices.Add(Fields(body).Message);
                    break;
                case 'Z':
                    answer.Status = (char)body[0];
                    return answer;
                default:
                    break;
            }
        }
    }

    private static string Row(byte[] body)
    {
        var row = new StringBuilder();
        for (var at = 2; at < body.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(at));
            at += 4;
            row.Append(row.Length == 0 && at == 6 ? "" : "|").Append(length < 0 ? "NULL" : Encoding.UTF8.GetString(body, at, length));
            at += Math.Max(length, 0);
        }

        return row.ToString();
    }

    private static WireError Fields(byte[] body)
    {
        var fields = Encoding.UTF8.GetString(body).Split('\0', StringSplitOptions.RemoveEmptyEntries).GroupBy(f => f[0]).ToDictionary(g => g.Key, g => g.First()[1..]);
        return new WireError(fields['C'], fields['M'], fields.GetValueOrDefault('H'), fields.TryGetValue('P', out var at) ? int.Parse(at, System.Globalization.CultureInfo.InvariantCulture) : 0);
    }
}

internal sealed record WireError(string State, string Message, string? Hint, int Position);

internal sealed class Answer
{
    public List<string> Rows { get; } = [];

    public List<string> Notices { get; } = [];

    public WireError? Error { get; set; }

    public char Status { get; set; }
}
