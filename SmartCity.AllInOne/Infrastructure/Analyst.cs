using System.Net;
using System.Security.Cryptography;
using System.Text;
using SmartCity.ServiceDefaults;

namespace SmartCity.AllInOne.Infrastructure;

/// <summary>The first roles that may read the city by SQL, in a Postgres of our own; their passwords are in files of the data folder that only the user may read.</summary>
internal sealed record Analyst(string Name, string Password, string File, string BlindPassword)
{
    private const string Usual = "analyst";
    private const string WithoutPlates = "analyst_without_plates";
    private const int PasswordBytes = 12;

    /// <summary>Of the lake, which makes the roles, and of the core, which asks as them for people at the console.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Settings(IPEndPoint address) =>
    [
        new("Lake:Analyst", Name), new("Lake:AnalystPassword", Password), new("Lake:AnalystWithoutPlates", WithoutPlates), new("Lake:AnalystWithoutPlatesPassword", BlindPassword),
        new("Core:Sql:Address", address.ToString()), new("Core:Sql:Role", WithoutPlates), new("Core:Sql:Password", BlindPassword), new("Core:Sql:PlatesRole", Name), new("Core:Sql:PlatesPassword", Password),
    ];

    public static async Task<Analyst> OfAsync(IConfiguration configuration, DataFolder data, CancellationToken cancellationToken)
    {
        var name = configuration["Lake:Analyst"] ?? Usual;
        var blind = configuration["Lake:AnalystWithoutPlatesPassword"] ?? await ReadAsync(data.Below("analyst-without-plates-password"), cancellationToken);
        if (configuration["Lake:AnalystPassword"] is { } given)
        {
            return new Analyst(name, given, "", blind);
        }

        var file = data.Below("analyst-password");
        return new Analyst(name, await ReadAsync(file, cancellationToken), file, blind);
    }

    /// <summary>How to connect, as it is typed.</summary>
    public string Command(IPEndPoint address) => $"{(File.Length == 0 ? "" : $"PGPASSWORD=$(cat '{File}') ")}psql -h {address.Address} -p {address.Port} -U {Name} smartcity";

    private static async Task<string> ReadAsync(string file, CancellationToken cancellationToken)
    {
        if (!System.IO.File.Exists(file))
        {
            PrivateFile.Write(file, stream => stream.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(PasswordBytes)))));
        }

        return await System.IO.File.ReadAllTextAsync(file, cancellationToken);
    }
}
