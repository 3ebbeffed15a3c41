using System.CommandLine;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.AllInOne.Serving;

namespace SmartCity.AllInOne.Commands;

/// <summary><c>smartcity serve postgres|kafka|mirror</c>: one piece of infrastructure as a process in the foreground, for an orchestrator that starts and stops each by itself.</summary>
internal static class ServeCommand
{
    private static readonly Option<string> Data = new("--data") { Description = "Folder for everything that is kept.", HelpName = "DIR", Required = true };
    private static readonly Option<int?> Port = new("--port") { Description = "Port to listen on; without it the port of the last start, or a free one.", HelpName = "N" };
    private static readonly Option<string?> AddressFile = new("--address-file") { Description = "File that holds the connection string while this is served.", HelpName = "FILE" };
    private static readonly Option<string> Urls = new("--urls") { Description = "Address at which /health/ready answers.", HelpName = "URL", DefaultValueFactory = _ => "http://127.0.0.1:0" };
    private static readonly Option<string> Side = new("--side") { Description = "Whose Kafka: edge or core. It decides which topics are made.", HelpName = "edge|core", DefaultValueFactory = _ => "core" };
    private static readonly Option<string[]> Stations = new("--stations") { Description = "Ids of the stations, separated by commas.", HelpName = "IDS", CustomParser = result => result.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), DefaultValueFactory = _ => [] };

    static ServeCommand() => Side.AcceptOnlyFromAmong("edge", "core");

    public static Command Create()
    {
        var postgres = new Command("postgres", "Postgres with its data in a folder.") { Data, Port, AddressFile, Urls };
        postgres.SetAction((parse, cancellationToken) => ServedHost.RunAsync(
            parse.GetValue(Urls)!, parse.GetValue(AddressFile), null, (host, token) => ServedPostgres.StartAsync(host, parse.GetValue(Data)!, parse.GetValue(Port), token), cancellationToken));

        var kafka = new Command("kafka", "A Kafka broker: a real one where KAFKA_HOME is set, else one that keeps nothing when it ends.") { Data, Port, AddressFile, Urls, Side, Stations };
        kafka.SetAction((parse, cancellationToken) => ServedHost.RunAsync(
            parse.GetValue(Urls)!,
            parse.GetValue(AddressFile),
            null,
            (host, token) => ServedKafka.StartAsync(host, parse.GetValue(Side)!, parse.GetValue(Stations)!, parse.GetValue(Data)!, parse.GetValue(Port), token),
            cancellationToken));

        var mirror = new Command("mirror", "Carries the stations' topics to the core: MirrorMaker 2 where KAFKA_HOME is set, else the built-in mirror. Connection strings are taken from the environment.") { Data, Urls, Stations };
        mirror.SetAction((parse, cancellationToken) => ServedHost.RunAsync(
            parse.GetValue(Urls)!,
            null,
            builder => ServedMirror.Add(builder, parse.GetValue(Stations)!),
            (host, token) => ServedMirror.StartAsync(host, parse.GetValue(Stations)!, parse.GetValue(Data)!, token),
            cancellationToken));

        return new Command("serve", "Serves one piece of infrastructure in the foreground until it is told to end.") { postgres, kafka, mirror };
    }
}
