using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Lake.City;
using SmartCity.Lake.Foreign;
using SmartCity.ServiceDefaults.Certificates;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Lake.Relay;

/// <summary>Takes connections as Postgres does, and gives each a connection to the real one.</summary>
/// <param name="given">A socket that listens already; null for one of its own, by the options.</param>
/// <param name="served">The certificate of the https addresses; null where there is none.</param>
internal sealed class RelayServer(
    Backend backend, Readers readers, ShortCut shortCut, ForeignLogin login, ForeignStatements statements, FetchedRows fetched, Cancellations cancellations, CancelPeers peers, IOptions<LakeOptions> options, WorkerHealth health, TimeProvider time, ILogger<RelayServer> logger, TcpListener? given = null, ServedCertificate? served = null) : BackgroundService
{
    private const string Worker = "lake";
    private const int CancelRequest = 80877102;
    private const int SslRequest = 80877103;
    private const int GssRequest = 80877104;

    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource<IPEndPoint> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<IPEndPoint> _listeningSecurely = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _sessions;

    /// <summary>Where it listens, once it does.</summary>
    public Task<IPEndPoint> Listening => _listening.Task;

    /// <summary>The same of the port that takes encrypted connections alone, where there is one.</summary>
    internal Task<IPEndPoint> ListeningSecurely => _listeningSecurely.Task;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        health.Starting(Worker, "It begins to listen.");
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var settings = options.Value;
        var certificate = settings.CertificateFile is { } file ? new RenewedCertificate(new CertificateFiles(file, settings.CertificateKeyFile ?? file, null), time, logger) : null;
        using var listener = given ?? new TcpListener(IPAddress.Parse(settings.Address), settings.Port);
        using var secure = settings.SecurePort is { } port ? new TcpListener(IPAddress.Parse(settings.Address), port) : null;
        Listen(listener, settings.Port, nameof(LakeOptions.Port));
        if (secure is not null)
        {
            if (served is null)
            {
                throw Fault("Lake:SecurePort is set, and there is no certificate. Set Kestrel:Certificates:Default:Path and Kestrel:Certificates:Default:KeyPath.", null);
            }

            Listen(secure, settings.SecurePort!.Value, nameof(LakeOptions.SecurePort));
            _listeningSecurely.SetResult((IPEndPoint)secure.LocalEndpoint);
            logger.LogInformation("The city's SQL listens on {Address}, for encrypted connections alone.", secure.LocalEndpoint);
        }

        _listening.SetResult((IPEndPoint)listener.LocalEndpoint);
        health.Healthy(Worker);
        logger.LogInformation("The city's SQL listens on {Address}.", listener.LocalEndpoint);
        if (certificate is null && !IPAddress.IsLoopback(((IPEndPoint)listener.LocalEndpoint).Address))
        {
            logger.LogWarning("Plates go unencrypted to whoever connects to {Address} from another machine. Set Lake:CertificateFile and Lake:CertificateKeyFile, or let only machines of your own reach it.", listener.LocalEndpoint);
        }

        List<Task> loops = [AcceptAsync(listener, () => certificate?.Current, false, stoppingToken)];
        if (secure is not null)
        {
            loops.Add(AcceptAsync(secure, () => served!.Current, true, stoppingToken));
        }

        await await Task.WhenAny(loops);
        await Task.WhenAll(loops);
    }

    private void Listen(TcpListener listener, int port, string setting)
    {
        try
        {
            listener.Start(); // of no consequence to one that listens
        }
        catch (SocketException e)
        {
            throw Fault($"{options.Value.Address}:{port.ToString(CultureInfo.InvariantCulture)} cannot be listened on ({e.Message}). Set Lake:{setting} to another port.", e);
        }
    }

    private InvalidOperationException Fault(string why, Exception? cause)
    {
        var fault = new InvalidOperationException(why, cause);
        health.Failed(Worker, why);
        _listening.SetException(fault);
        return fault;
    }

    private async Task AcceptAsync(TcpListener listener, Func<SslStreamCertificateContext?> certificate, bool isSecure, CancellationToken stoppingToken)
    {
        var sessions = new HashSet<Task>();
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                var client = await listener.AcceptSocketAsync(stoppingToken);
                sessions.RemoveWhere(s => s.IsCompleted);
                sessions.Add(Task.Run(() => ServeAsync(client, certificate, isSecure, stoppingToken), CancellationToken.None));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Sessions end with the same token.
        }

        await Task.WhenAll(sessions);
    }

    private async Task ServeAsync(Socket client, Func<SslStreamCertificateContext?> certificate, bool isSecure, CancellationToken stoppingToken)
    {
        client.NoDelay = true;
        Stream stream = new NetworkStream(client, ownsSocket: true);
        try
        {
            using var late = new CancellationTokenSource(StartWithin, time);
            using var start = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stoppingToken);
            var reader = new MessageReader(stream);
            while (await reader.StartupAsync(start.Token) is { } packet)
            {
                switch (Code(packet))
                {
                    case SslRequest when stream is not SslStream && certificate() is { } shown:
                        await stream.WriteAsync("S"u8.ToArray(), start.Token);
                        var secure = new SslStream(stream);
                        await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = shown, EnabledSslProtocols = SslProtocols.None }, start.Token);
                        (stream, reader) = (secure, new MessageReader(secure));
                        break;
                    case SslRequest or GssRequest:
                        await stream.WriteAsync("N"u8.ToArray(), start.Token);
                        break;
                    case CancelRequest:
                        await CancelAsync(packet, start.Token);
                        return;
                    case var _ when isSecure && stream is not SslStream:
                        // Requests to cancel have come by here, which older clients send as they are; they say a number alone.
                        await stream.WriteAsync(new MessageWriter().Error("28000", "this port takes encrypted connections alone", "Connect with sslmode=verify-full.", severity: "FATAL").Written, start.Token);
                        return;
                    default:
                        var role = RoleOf(packet);
                        if (role != ForeignLogin.User)
                        {
                            await RunAsync(stream, reader, packet, role, start.Token, stoppingToken);
                        }
                        else if (await login.AskAsync(stream, reader, start.Token))
                        {
                            await new ForeignSession(stream, reader, statements, cancellations, fetched, logger).RunAsync(stoppingToken);
                        }

                        return;
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or InvalidDataException or AuthenticationException or ObjectDisposedException)
        {
            logger.LogDebug(e, "A connection of a client ended.");
        }
        catch (Exception e)
        {
            logger.LogError(e, "A session ended by a fault of the lake.");
        }
        finally
        {
            await stream.DisposeAsync();
        }
    }

    private async Task RunAsync(Stream client, MessageReader reader, byte[] packet, string role, CancellationToken startToken, CancellationToken stoppingToken)
    {
        if (Interlocked.Increment(ref _sessions) > options.Value.MostSessions)
        {
            Interlocked.Decrement(ref _sessions);
            await client.WriteAsync(new MessageWriter().Error("53300", "sorry, too many clients already", "Raise Lake:MostSessions, or close connections that are not used.").Written, stoppingToken);
            return;
        }

        try
        {
            if (!await readers.MayConnectAsync(role, startToken))
            {
                logger.LogInformation("The role {Role} was not admitted, and is refused.", role);
                await login.RefuseAsync(client, reader, role, startToken);
                return;
            }

            await using var server = await backend.ConnectAsync(stoppingToken);
            await new RelaySession(client, reader, server, shortCut, cancellations).RunAsync(packet, stoppingToken);
        }
        catch (Exception e) when (e is SocketException or AuthenticationException or NpgsqlException)
        {
            logger.LogWarning("Postgres does not answer: {Error}", e.Message);
            await client.WriteAsync(new MessageWriter().Error("08006", $"the Postgres behind the lake does not answer: {e.Message}").Written, stoppingToken);
        }
        finally
        {
            Interlocked.Decrement(ref _sessions);
        }
    }

    private async Task CancelAsync(byte[] packet, CancellationToken cancellationToken)
    {
        if (cancellations.Cancel(packet.AsSpan(8)))
        {
            return;
        }

        if (!cancellations.Has(packet.AsSpan(8)))
        {
            await TellPeersAsync(packet.AsMemory(8), cancellationToken);
        }

        await using var server = await backend.ConnectAsync(cancellationToken);
        await server.WriteAsync(packet, cancellationToken);
        while (await server.ReadAsync(new byte[1], cancellationToken) > 0)
        {
            // Postgres closes when it has done it.
        }
    }

    private async Task TellPeersAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        try
        {
            await peers.AskAsync(key, cancellationToken);
        }
        catch (NpgsqlException e)
        {
            logger.LogWarning("A request to cancel could not be passed on to other processes: {Error}", e.Message);
        }
    }

    // Length and version, then names and values, each with a zero behind it, and another zero at the end. Postgres must not read another name there than we do.
    private static string RoleOf(byte[] packet)
    {
        const int MostNameBytes = 63;
        var fields = System.Text.Encoding.UTF8.GetString(packet.AsSpan(8)).Split('\0');
        var roles = Enumerable.Range(0, fields.Length / 2).Where(i => fields[2 * i] == "user").Select(i => fields[(2 * i) + 1]).ToList();
        return fields.Length % 2 == 0 && fields is [.., "", ""] && !fields.Where((f, i) => i % 2 == 0 && i < fields.Length - 2).Contains("")
            && roles is [{ Length: > 0 } role] && System.Text.Encoding.UTF8.GetByteCount(role) <= MostNameBytes
            ? role : throw new InvalidDataException("What the client sends does not name one role.");
    }

    private static int Code(byte[] packet) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(packet.AsSpan(4));
}
