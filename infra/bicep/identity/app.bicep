// For the administrator of Entra ID, apart from everything else: the app registration that people sign in to, and what the
// app's identity may do in Microsoft Graph. Run it twice: before the deployment for the client id, and after it with
// the identity's object id (docs/deploy.md). It makes no secret.
targetScope = 'resourceGroup'

extension microsoftGraphV1

@description('The same at each run: the registration is found by it.')
param uniqueName string = 'nexus'
param displayName string = 'Nexus'

@description('https://app.corp.com/auth/callback, and http://localhost:4280/auth/callback for those who develop.')
@minLength(1)
param redirectUris string[]

@description('Output NEXUS_APP_PRINCIPAL_ID of the deployment; empty at the first run.')
param appPrincipalId string = ''

@description('With NEXUS_ROLE_MAPPING by groups. People in more than 200 groups are then looked up in Graph.')
param useGroups bool = false

@description('Several tenants (NEXUS_ENTRA_ALLOWED_TENANTS): Nexus itself checks which.')
param multiTenant bool = false

var microsoftGraphAppId = '00000003-0000-0000-c000-000000000000'
// what Nexus knows of Graph's permissions is their names; their ids are Graph's
var graphRoles = useGroups ? ['Sites.Selected', 'GroupMember.Read.All'] : ['Sites.Selected']
var grantedRoles = empty(appPrincipalId) ? [] : graphRoles

resource application 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: uniqueName
  displayName: displayName
  signInAudience: multiTenant ? 'AzureADMultipleOrgs' : 'AzureADMyOrg'
  groupMembershipClaims: useGroups ? 'SecurityGroup' : 'None'
  web: {
    redirectUris: redirectUris
    implicitGrantSettings: { enableIdTokenIssuance: false, enableAccessTokenIssuance: false }
  }
  optionalClaims: { idToken: [{ name: 'email', essential: false }] }
  // everyone has Nexus.User, so that losing another role shows in a token (docs/identity.md)
  appRoles: [
    {
      id: guid(uniqueName, 'Nexus.User')
      value: 'Nexus.User'
      displayName: 'User'
      description: 'Asks questions.'
      isEnabled: true
      allowedMemberTypes: ['User']
    }
    {
      id: guid(uniqueName, 'Nexus.Curator')
      value: 'Nexus.Curator'
      displayName: 'Curator'
      description: 'Looks after libraries and documents.'
      isEnabled: true
      allowedMemberTypes: ['User']
    }
    {
      id: guid(uniqueName, 'Nexus.Admin')
      value: 'Nexus.Admin'
      displayName: 'Administrator'
      description: 'Administers Nexus.'
      isEnabled: true
      allowedMemberTypes: ['User']
    }
  ]
}

// Instead of a client secret: a token of the app's managed identity proves that Nexus is Nexus.
resource managedIdentity 'Microsoft.Graph/applications/federatedIdentityCredentials@v1.0' = if (!empty(appPrincipalId)) {
  name: '${uniqueName}/managed-identity'
  issuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
  subject: appPrincipalId
  audiences: ['api://AzureADTokenExchange']
  description: 'The user-assigned identity of Nexus\' function app.'
  dependsOn: [application]
}

resource enterpriseApplication 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: application.appId
  // only those who were given a role sign in
  appRoleAssignmentRequired: true
}

resource microsoftGraph 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: microsoftGraphAppId
}

// Sites.Selected alone opens no site: each is granted by grant_sites.py. Never with Sites.Read.All or Files.Read.All, which
// would make the selection mean nothing.
resource graphPermissions 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [
  for role in grantedRoles: {
    appRoleId: filter(microsoftGraph.appRoles, known => known.value == role)[0].id
    principalId: appPrincipalId
    resourceId: microsoftGraph.id
  }
]

output clientId string = application.appId
