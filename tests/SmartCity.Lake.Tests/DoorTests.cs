using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace SmartCity.Lake.Tests;

/// <summary>Who comes in: those who were admitted, and nobody else.</summary>
[Collection(LakeCityTests.Name)]
public class DoorTests(LakeCity city)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("smartcity")]
    [InlineData("door_super")]
    [InlineData("door_admin")]
    [InlineData("door_stranger")]
    [InlineData("door_nobody")]
    public async Task Who_was_not_admitted_is_refused_as_one_whose_password_is_wrong(string role)
    {
        await MakeAsync();
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(city.ConnectionString(role)) { Password = "a secret" }.ConnectionString);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync(Token));
        Assert.Equal(("28P01", "FATAL", $"password authentication failed for user \"{role}\""), (refused.SqlState, refused.Severity, refused.MessageText));
    }

    [Fact]
    public async Task A_member_of_an_admitted_role_comes_in()
    {
        await MakeAsync();
        using var member = await city.ConnectAsync("door_member", Token);
        Assert.Equal("100", Assert.Single((await member.QueryAsync("select count(*) from city.sightings", Token)).Rows));
    }

    // Postgres takes the last name of several, and the first bytes of a long one.
    [Theory]
    [InlineData("user\0ada\0user\0smartcity\0database\0{0}\0\0")]
    [InlineData("database\0user\0user\0smartcity\0\0")]
    [InlineData("user\0\0database\0{0}\0\0")]
    [InlineData("database\0{0}\0\0")]
    [InlineData("user\0ada")]
    public async Task A_name_that_is_said_in_another_way_opens_nothing(string body)
    {
        var bytes = Encoding.UTF8.GetBytes("\0\u0003\0\0" + body.Replace("{0}", city.Database, StringComparison.Ordinal));
        var packet = new byte[bytes.Length + 4];
        BinaryPrimitives.WriteInt32BigEndian(packet, packet.Length);
        bytes.CopyTo(packet, 4);
        using var client = new TcpClient();
        await client.ConnectAsync(city.Address, Token);
        await client.GetStream().WriteAsync(packet, Token);
        var answer = new byte[9];
        var read = await client.GetStream().ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false, Token);
        Assert.False(read == answer.Length && answer[0] == (byte)'R' && BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(5)) == 0, "It was let in.");
    }

    private Task MakeAsync() => city.Postgres.ExecuteAsync(
        """
        do $$ begin
            if not exists (select from pg_roles where rolname = 'door_super') then
                create role door_super login superuser;
                create role door_admin login in role smartcity;
                create role door_stranger login;
                create role door_group;
                create role door_member login in role door_group;
            end if;
            perform city.admit('door_group'), city.admit('door_super', true), city.admit('door_admin', true);
        end $$
        """);
}
